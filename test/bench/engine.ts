/** The whole engine with its store: blueprint, steps, events, files on disk. Every ratio is to the limit measured in the same round. */
import { runChain, type Chain } from './engine-world.js';
import { median, runGroups, type Group, type Result } from './measure.js';

const alone = 'no process, no model: engine and store alone';
const of = (count: number, action: Chain['actions'][number]): Chain['actions'] =>
  Array.from({ length: count }, () => action);

const chain200: Group = {
  names: ['engine.step', 'engine.chain200'],
  async run(log) {
    const chain: Chain = { tasks: 2, actions: of(100, 'summarize_run') };
    await runChain({ tasks: 1, actions: of(20, 'summarize_run') }); // compiles, opens, warms
    const rounds: { engine: number; limit: number }[] = [];
    for (let round = 0; round < 11; round++) {
      const { ms, limitMs } = await runChain(chain);
      rounds.push({ engine: ms, limit: limitMs });
    }
    const engine = median(rounds.map((round) => round.engine));
    log(`engine.chain200 by round: ${rounds.map((round) => (round.engine / round.limit).toFixed(2)).join(' ')}`);
    return [
      {
        name: 'engine.step',
        value: median(rounds.map((round) => (round.engine - round.limit) / 200)),
        unit: 'ms',
        note: `over one commit of SQLite itself; ${alone}`,
      },
      {
        name: 'engine.chain200',
        value: median(rounds.map((round) => round.engine / round.limit)),
        unit: 'ratio',
        target: { atMost: 1.5 },
        note: `${engine.toFixed(0)} ms for 200 steps with outputs of 2 KB, to one SQLite commit (WAL, FULL, 1 KB) a step; ${alone}`,
      },
    ];
  },
};

const events10k: Group = {
  names: ['engine.events10k'],
  async run() {
    const rounds: number[] = [];
    let note = '';
    for (let round = 0; round < 3; round++) {
      const engine = await runChain({ tasks: 50, actions: of(100, 'diff_report') });
      if (engine.events < 10_000) throw new Error(`only ${engine.events} events`);
      rounds.push(engine.ms / engine.limitMs);
      note = `${engine.events} events of ${engine.steps} steps stored and told in ${engine.ms.toFixed(0)} ms, to ${engine.steps} SQLite commits; ${alone}`;
    }
    return [{ name: 'engine.events10k', value: median(rounds), unit: 'ratio', target: { atMost: 2 }, note }];
  },
};

const graph1000: Group = {
  names: ['engine.graph1000'],
  async run(log) {
    const graph: Chain = { tasks: 1000, layers: { of: 100, atOnce: 4 }, actions: ['summarize_run'] };
    await runChain({ ...graph, tasks: 100 }); // compiles, opens, warms
    const rounds: { engine: number; limit: number }[] = [];
    for (let round = 0; round < 7; round++) {
      const { ms, limitMs } = await runChain(graph);
      rounds.push({ engine: ms, limit: limitMs });
    }
    log(`engine.graph1000 by round: ${rounds.map((round) => (round.engine / round.limit).toFixed(2)).join(' ')}`);
    return [
      {
        name: 'engine.graph1000',
        value: median(rounds.map((round) => round.engine / round.limit)),
        unit: 'ratio',
        target: { atMost: 0.6 },
        note: `${median(rounds.map((round) => round.engine)).toFixed(0)} ms for 1,000 tasks in 10 layers of 100, 4 at once, to 1,000 SQLite commits (WAL, FULL, 1 KB); ${alone}; git is a stand-in`,
      },
    ];
  },
};

const growth: Group = {
  names: ['engine.growth', 'engine.bytesPerStep'],
  async run() {
    const ratios: number[] = [];
    const bytes: number[] = [];
    for (let round = 0; round < 5; round++) {
      const run = await runChain({
        tasks: 16,
        actions: Array.from({ length: 100 }, (_, n) => (n % 2 === 0 ? 'review_bundle' : 'diff_report')),
      });
      // Each step to the limit's commit beside it, so that a busy moment of the disk counts for neither; the first hundred warm the code up.
      const around = (from: number, to: number) =>
        median(
          run.limits
            .slice(from, to)
            .map((limit, n) => ((run.told[from + n] ?? 0) - (run.told[from + n - 1] ?? 0)) / limit),
        );
      ratios.push(around(run.steps - 300, run.steps) / around(100, 400));
      bytes.push(run.bytes / run.steps);
    }
    const results: Result[] = [
      {
        name: 'engine.growth',
        value: median(ratios),
        unit: 'ratio',
        target: { atMost: 1.1 },
        note: `time per step in the last 300 of 1,600 over that in the 300 after the first 100, each to SQLite's own commit beside it; ${alone}`,
      },
      {
        name: 'engine.bytesPerStep',
        value: median(bytes),
        unit: 'bytes',
        target: { atMost: 2048 },
        note: 'on disk after closing, database and blobs, of 1,600 steps',
      },
    ];
    return results;
  },
};

void runGroups([chain200, graph1000, events10k, growth], process.argv[2] ?? '');
