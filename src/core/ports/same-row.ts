/** Whether a row is still what somebody read. Every store compares so, whatever order it keeps the fields in. */
import { canonicalJson } from '../../base/canonical.js';
import type { PlanRecord } from '../model/plan.js';

export const sameValue = (one: unknown, other: unknown): boolean => canonicalJson(one) === canonicalJson(other);

/** A document changes with the iteration only, and is by far the most of a plan. */
export const withoutDocument = ({ document: _, ...rest }: PlanRecord): Omit<PlanRecord, 'document'> => rest;
export const samePlan = (one: PlanRecord, other: PlanRecord): boolean =>
  sameValue(withoutDocument(one), withoutDocument(other));
