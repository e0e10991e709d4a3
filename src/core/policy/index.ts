/** What others use of the policy. */
export { decide } from './decide.js';
export { argvHash, explainMay, pathsOf, scriptHash } from './script.js';
export { childEnvironment, removedBecause } from './child-environment.js';
export { parseRules, ruleSchema, type CompiledRule, type Rule, type RuleProblem } from './user-rules.js';
export type { Facts, PathOp, Policy, PolicyRequest, Target } from './types.js';
