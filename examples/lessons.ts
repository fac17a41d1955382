// What past work says about a task: similar episodes, how they ended, and which tools failed them.
//
//     vesicle run examples/lessons.ts --input-text "change a flight reservation"
//
// The memory has what agents recorded over MCP; `vesicle memory import` brings in what others did.

const task = (input as string | null) ?? "";
if (task.trim() === "") throw new Error("say what the task is, with --input-text");

const { episodes } = await memory.query({ query: task, limit: 20 });
if (episodes.length === 0) return `Nothing like "${task}" was done before.`;

const ended = Map.groupBy(episodes, (episode) => episode.outcome?.type ?? "open");
console.log(`${episodes.length} episodes are like "${task}":`);
for (const [how, those] of [...ended].toSorted(([a], [b]) => a.localeCompare(b))) {
  console.log(`  ${how}: ${those.length}`);
}
const steps = new Map<string, { used: number; failed: number }>();
for (const { episode_id } of episodes) {
  const whole = await memory.episode(episode_id);
  for (const step of whole.steps) {
    const count = steps.get(step.tool) ?? { used: 0, failed: 0 };
    count.used += 1;
    if (step.result?.type === "error") count.failed += 1;
    steps.set(step.tool, count);
  }
}
console.log("tools that they used most:");
for (const [tool, { used, failed }] of [...steps].toSorted(([, a], [, b]) => b.used - a.used).slice(0, 5)) {
  console.log(`  ${tool}: ${used} times, ${failed} of them failed`);
}
const model = episodes.find((episode) => episode.outcome?.type === "success");
return model ? `The nearest that went well: ${model.task_description.slice(0, 60)}…` : "None of them went well.";
