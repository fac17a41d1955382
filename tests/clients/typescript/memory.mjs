// The tools of the memory through the official TypeScript client: node memory.mjs VESICLE CACHE_DIR DATA_DIR
// Each tool once as it should be called, with the fields that its answer must have, and once as it should not. The client
// checks every structuredContent against the output schema. Ends with a failed assertion, or with 0.
import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ResultSchema, ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";

const [command, cacheDir, dataDir] = process.argv.slice(2);
const UNKNOWN = "019a0000-0000-7000-8000-000000000000";

async function connect(...options) {
  const client = new Client({ name: "vesicle-tests", version: "1.0.0" });
  client.onerror = (error) => {
    throw error;
  };
  const args = ["serve", "--cache-dir", cacheDir, "--data-dir", dataDir, ...options];
  const transport = new StdioClientTransport({ command, args });
  await client.connect(transport);
  await client.listTools();
  return { client, transport };
}

let { client, transport } = await connect("--tools", "all");
const checked = new Set();

/** The answer of a call that succeeds, and has these fields. */
async function ask(name, args, fields = []) {
  const result = await client.callTool({ name, arguments: args });
  assert.ok(!result.isError, `${name}: ${result.content?.[0]?.text}`);
  assert.equal(result.content.length, 1);
  assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent, name);
  for (const field of fields) assert.ok(field in result.structuredContent, `${name} has no ${field}`);
  return result.structuredContent;
}

/** The message of a call that fails. */
async function refused(name, args, message) {
  const result = await client.callTool({ name, arguments: args });
  assert.equal(result.isError, true, name);
  assert.match(result.content[0].text, message, name);
}

/** A tool as it should be called, and as it should not. */
async function tool(name, args, fields, wrong, message) {
  checked.add(name);
  await refused(name, wrong, message);
  return ask(name, args, fields);
}

async function episode(description, outcome, steps = ["read_file", "run_tests", "edit_file"], domain = "web-shop") {
  const { episode_id } = await ask("create_episode", {
    task_description: description, domain, task_type: "debugging", language: "rust", tags: ["flaky"],
  });
  for (const [at, name] of steps.entries()) {
    await ask("add_episode_step", {
      episode_id, step_number: at + 1, tool: name, action: `use ${name} on the login form`,
      result: { type: "success", output: "done" }, latency_ms: 5,
    });
  }
  const end = outcome === "success" ? { verdict: "the login works" } : { reason: "the login fails still" };
  await ask("complete_episode", { episode_id, outcome_type: outcome, ...end });
  return episode_id;
}

// ── Episodes ────────────────────────────────────────────────────────────────────────────────────────────────────────────
const made = await tool(
  "create_episode",
  { task_description: "Repair the flaky login test", domain: "web-shop", task_type: "debugging", tags: ["login"], framework: null },
  ["success", "episode_id", "task_description", "domain", "task_type", "message"],
  { domain: "web-shop", task_type: "debugging" }, /missing field `task_description`/,
);
const id = made.episode_id;
assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
await refused("create_episode", { task_description: "x", domain: "d", task_type: "cooking" }, /`task_type` does not fit/);
await refused("create_episode", { task_description: "x".repeat(10_001), domain: "d", task_type: "testing" }, /10000/);
const step = { episode_id: id, step_number: 1, tool: "grep", action: "find parse_config", parameters: { in: "src" } };
// Fault 4: a step of an unknown episode is refused.
await tool(
  "add_episode_step", { ...step, result: { type: "error", message: "no such file" } },
  ["success", "episode_id", "step_number", "message"],
  { ...step, episode_id: UNKNOWN }, /there is no episode/,
);
await refused("add_episode_step", { ...step, action: "something else" }, /another step 1/);
await ask("add_episode_step", { ...step, step_number: 2, action: "look again", result: { type: "success", output: "found in src/config.rs" } });
const mark = await tool(
  "checkpoint_episode", { episode_id: id, reason: "lunch", note: "the config is read twice" },
  ["checkpoint_id", "episode_id", "step_number"],
  { episode_id: id, reason: "" }, /reason/,
);
assert.equal(mark.step_number, 2);
// Fault 11: what the first answers, the second takes.
const pack = await tool(
  "get_handoff_pack", { checkpoint_id: mark.checkpoint_id }, ["checkpoint_id", "episode_id", "steps_completed"],
  { checkpoint_id: UNKNOWN }, /there is no checkpoint/,
);
const resumed = await tool(
  "resume_from_handoff", { handoff_pack: pack }, ["success", "episode_id", "next_step_number"],
  { handoff_pack: {} }, /missing field/,
);
assert.equal(resumed.episode_id, id);
// Fault 2: with default settings an episode can be completed.
const completed = await tool(
  "complete_episode", { episode_id: id, outcome_type: "success", verdict: "the test is stable", artifacts: ["a patch"] },
  ["success", "episode_id", "outcome_type", "reward", "reflection", "patterns", "message"],
  { episode_id: id, outcome_type: "success" }, /verdict/,
);
assert.equal(completed.outcome_type, "success");
await refused("complete_episode", { episode_id: id, outcome_type: "failure", reason: "no" }, /completed/);
await ask("complete_episode", { episode_id: id, outcome_type: "success", verdict: "the test is stable", artifacts: ["a patch"] });
const whole = await tool("get_episode", { episode_id: id }, ["success", "episode"], { episode_id: "nonsense" }, /`episode_id` does not fit/);
assert.equal(whole.episode.steps.length, 2);
const part = await ask("get_episode", { episode_id: id, fields: ["task_description", "steps.tool"] });
assert.deepEqual(part.episode, { task_description: "Repair the flaky login test", steps: [{ tool: "grep" }, { tool: "grep" }] });
const bulk = await tool(
  "bulk_episodes", { episode_ids: [id, UNKNOWN] }, ["requested_count", "found_count", "missing_count", "missing", "episodes"],
  { episode_ids: Array(101).fill(id) }, /100/,
);
assert.deepEqual([bulk.found_count, bulk.missing], [1, [UNKNOWN]]);
const updated = await tool(
  "update_episode", { episode_id: id, add_tags: ["ci"], metadata: { ticket: "42" } }, ["success", "episode_id", "updated_fields", "message"],
  { episode_id: id }, /nothing to change/,
);
assert.deepEqual(updated.updated_fields, ["tags", "metadata"]);
const timeline = await tool(
  "get_episode_timeline", { episode_id: id },
  ["start_time", "end_time", "duration_seconds", "step_count", "timeline", "outcome"],
  { episode_id: UNKNOWN }, /there is no episode/,
);
assert.deepEqual(timeline.timeline.map((entry) => entry.result_type), ["error", "success"]);

// ── Tags ────────────────────────────────────────────────────────────────────────────────────────────────────────────────
const wrongTags = { episode_id: id, tags: ["no blanks here"] };
const tags = await tool("add_episode_tags", { episode_id: id, tags: [" Slow "] }, ["tags_added", "current_tags"], wrongTags, /tag/);
assert.deepEqual(tags.tags_added, ["slow"]);
await tool("remove_episode_tags", { episode_id: id, tags: ["slow"] }, ["tags_removed", "current_tags"], wrongTags, /tag/);
await tool("set_episode_tags", { episode_id: id, tags: ["login", "ci"] }, ["tags_set", "current_tags"], wrongTags, /tag/);
await tool("get_episode_tags", { episode_id: id }, ["current_tags"], { episode_id: UNKNOWN }, /there is no episode/);
const tagged = await tool("search_episodes_by_tags", { tags: ["login", "none"], require_all: false }, ["count", "episodes"], { tags: ["ci"], limit: 0 }, /limit/);
assert.equal(tagged.count, 1);

// ── Queries ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
const others = [];
for (const text of ["Fix the unstable sign-in check", "Repair the login page", "Make the login test deterministic"]) {
  others.push(await episode(text, "success"));
}
const failed = await episode("Rewrite the payment form", "failure", ["delete_everything", "run_tests"]);
// Fault 1: a paraphrase that holds no whole substring finds its episode. Fault 8: the text decides.
const found = await tool(
  "query_memory", { query: "login test is flaky and must be repaired", domain: "web-shop", limit: 3 },
  ["episodes", "patterns", "insights"],
  { query: "x", domain: "web-shop", limit: 1_001 }, /limit/,
);
assert.ok(found.episodes.some((hit) => hit.episode_id === id));
assert.ok(found.episodes[0].relevance > 0 && typeof found.episodes[0].why === "object");
for (const field of ["total_episodes", "relevant_patterns", "success_rate"]) assert.ok(field in found.insights, field);
for (const query of ["parse_config", 'quo"ted NEAR( * login', "'; DROP TABLE episodes; --"]) await ask("query_memory", { query, domain: "web-shop" });
assert.equal((await ask("query_memory", { query: "parse_config", domain: "web-shop", limit: 1 })).episodes[0].episode_id, id);
const fields = await ask("query_memory", { query: "login", domain: "web-shop", fields: ["episodes.task_description", "insights.total_episodes"] });
assert.deepEqual(Object.keys(fields), ["episodes", "insights"]);
const semantic = await tool(
  "query_semantic_memory", { query: "Repair the flaky login test", similarity_threshold: 0.1 },
  ["results_found", "results", "embedding_dimension", "query_time_ms", "provider"],
  { query: "x", similarity_threshold: 2 }, /threshold/,
);
assert.equal(semantic.results[0].episode_id, id);
for (const field of ["similarity_score", "task_description", "domain", "task_type", "outcome", "timestamp"]) assert.ok(field in semantic.results[0], field);
// Fault 9: a threshold holds.
assert.ok(semantic.results.every((hit) => hit.similarity_score >= 0.1));
assert.ok((await ask("query_semantic_memory", { query: "Repair the flaky login test", similarity_threshold: 0.99 })).results_found < semantic.results_found);
const vector = await tool("generate_embedding", { text: "Repair the flaky login test" }, ["embedding"], {}, /missing field `text`/);
const near = await tool("search_by_embedding", { embedding: vector.embedding, similarity_threshold: 0.1 }, ["results"], { embedding: [1] }, /dimension|numbers/);
assert.equal(near.results[0].episode_id, id);

// ── Patterns ────────────────────────────────────────────────────────────────────────────────────────────────────────────
// Fault 5: the rate is measured. Fault 6: the same signature strengthens.
const analyzed = await tool("analyze_patterns", { task_type: "debugging", min_success_rate: 0 }, ["patterns", "statistics"], { task_type: "debugging", limit: 0 }, /limit/);
assert.ok(analyzed.patterns.some((pattern) => pattern.occurrence_count >= 3));
const other = await ask("analyze_patterns", { task_type: "debugging", min_success_rate: 0.31, fields: ["statistics"] });
assert.notEqual(other.statistics.avg_success_rate, 0.31);
// Fault 7: a list is no decision.
assert.ok(!analyzed.patterns.some((pattern) => pattern.type === "decision_point" && /list|hash/.test(pattern.description)));
const searched = await tool(
  "search_patterns", { query: "login", domain: "web-shop", min_relevance: 0 }, ["results", "total_searched", "query"],
  { query: "login", domain: "web-shop", limit: 101 }, /limit/,
);
const first = searched.results[0];
for (const field of ["id", "pattern_type", "description", "relevance_score", "score_breakdown", "success_rate", "domain", "times_applied"]) assert.ok(field in first, field);
for (const field of ["semantic_similarity", "context_match", "effectiveness", "recency", "success_rate"]) assert.ok(field in first.score_breakdown, field);
const recommended = await tool(
  "recommend_patterns", { task_description: "Repair the login", domain: "web-shop", episode_id: id }, ["results", "attribution"],
  { task_description: "x", domain: "web-shop", limit: 51 }, /limit/,
);
const { playbook } = await tool(
  "recommend_playbook", { task_description: "Repair the login", domain: "web-shop", task_type: "debugging" }, ["playbook"],
  { task_description: "x", domain: "web-shop", max_steps: 0 }, /max_steps/,
);
for (const field of ["why_relevant", "when_to_apply", "when_not_to_apply", "ordered_steps", "pitfalls", "expected_outcome", "confidence", "supporting_pattern_ids", "supporting_episode_ids"]) {
  assert.ok(field in playbook, field);
}
const explained = await tool("explain_pattern", { pattern_id: first.id }, ["explanation", "episodes"], { pattern_id: UNKNOWN }, /there is no pattern/);
assert.ok(explained.episodes.length > 0);
await tool("record_recommendation_session", { episode_id: id, recommended_pattern_ids: [first.id] }, ["session_id"], { episode_id: UNKNOWN, recommended_pattern_ids: [] }, /there is no episode/);
const session_id = recommended.attribution.session_id;
const outcome = { type: "success", verdict: "it helped" };
await tool("record_recommendation_feedback", { session_id, applied_pattern_ids: recommended.results.map((hit) => hit.id), outcome, agent_rating: 1 }, ["success"], { session_id: UNKNOWN, outcome }, /there is no/);
const stats = await tool("get_recommendation_stats", {}, ["adoption_rate", "success_after_adoption_rate"], { all: true }, /unknown field/);
assert.equal(stats.adoption_rate, 1);

// ── Relationships ───────────────────────────────────────────────────────────────────────────────────────────────────────
const edge = { from_episode_id: id, to_episode_id: others[0], relationship_type: "depends_on" };
const related = await tool("add_episode_relationship", { ...edge, reason: "the same form", priority: 3 }, ["relationship_id"], { ...edge, priority: 11 }, /priority/);
await ask("add_episode_relationship", { from_episode_id: others[0], to_episode_id: others[1], relationship_type: "depends_on" });
const listed = await tool("get_episode_relationships", { episode_id: others[0], direction: "incoming" }, ["relationships"], { episode_id: id, direction: "up" }, /`direction` does not fit/);
assert.equal(listed.relationships.length, 1);
await tool("find_related_episodes", { episode_id: id }, ["related"], { episode_id: UNKNOWN }, /there is no episode/);
assert.equal((await tool("check_relationship_exists", edge, ["exists"], { ...edge, relationship_type: "likes" }, /`relationship_type` does not fit/)).exists, true);
const graph = await tool("get_dependency_graph", { episode_id: id, format: "dot" }, ["nodes", "edges", "dot"], { episode_id: id, depth: 11 }, /depth/);
assert.match(graph.dot, /^digraph/);
assert.equal((await tool("validate_no_cycles", { episode_id: id }, ["cycle_path"], { episode_id: UNKNOWN }, /there is no episode/)).has_cycle, false);
const order = await tool("get_topological_order", { episode_ids: [id] }, ["order"], { episode_ids: [] }, /episode_ids/);
assert.deepEqual(order.order, [others[1], others[0], id]);
await tool("remove_episode_relationship", { relationship_id: related.relationship_id }, ["success"], { relationship_id: UNKNOWN }, /there is no relationship/);

// ── Batches ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
const many = await tool(
  "batch_query_episodes", { filter: { domain: "web-shop", success_only: true }, include_steps: false }, ["requested_count", "found_count", "episodes", "statistics"],
  { limit: 1_001 }, /limit/,
);
for (const field of ["total_episodes", "completed", "successful", "failed", "success_rate", "avg_duration_seconds", "avg_reward_score", "avg_steps", "total_patterns"]) assert.ok(field in many.statistics, field);
assert.equal(many.found_count, 4);
const worked = await tool("batch_pattern_analysis", { domain: "web-shop", min_episodes: 1 }, ["analysis", "recommendations"], { domain: "web-shop", min_success_rate: 2 }, /min_success_rate/);
for (const field of ["episodes_analyzed", "total_patterns_found", "successful_patterns", "anti_patterns"]) assert.ok(field in worked.analysis, field);
await tool("batch_compare_episodes", { episode_ids: [id, failed] }, ["comparisons", "insights", "approach_comparison"], { episode_ids: [id] }, /episode_ids|10/);

const create = { tool: "create_episode", arguments: { task_description: "in a batch", domain: "batch", task_type: "testing" } };
const operations = [
  { id: "c", tool: "complete_episode", arguments: { episode_id: "$ops.a.result.episode_id", outcome_type: "success", verdict: "done" }, depends_on: ["b"] },
  { id: "b", tool: "add_episode_step", arguments: { episode_id: "$ops.a.result.episode_id", step_number: 1, tool: "t", action: "x" } },
  { id: "a", ...create },
  { id: "bad", tool: "get_episode", arguments: { episode_id: UNKNOWN } },
  { id: "after", tool: "get_episode", arguments: { episode_id: id }, depends_on: ["bad"] },
];
// Fault 10: dependencies hold in every mode, and what depends on a failure is not tried.
const circle = { operations: [{ id: "a", ...create, depends_on: ["b"] }, { id: "b", ...create, depends_on: ["a"] }] };
for (const mode of ["parallel", "sequential"]) {
  const batch = await tool("batch_execute", { operations, mode }, ["results", "total_duration_ms", "success_count", "failure_count", "skipped_count"], circle, /circle/);
  assert.deepEqual([batch.success_count, batch.failure_count, batch.skipped_count], [3, 1, 1], JSON.stringify(batch.results));
  assert.deepEqual(batch.results.map((result) => result.id), ["c", "b", "a", "bad", "after"]);
  assert.equal(batch.results[3].error.code, "not_found");
  assert.equal(batch.results[4].error.code, "skipped");
  assert.equal(batch.results[0].result.episode_id, batch.results[2].result.episode_id);
}
const fast = await ask("batch_execute", { mode: "failfast", max_parallel: 1, operations: [operations[3], { id: "never", ...create }] });
assert.deepEqual([fast.failure_count, fast.skipped_count], [1, 1]);
const byMethod = await client.request({ method: "batch/execute", params: { operations } }, ResultSchema);
assert.equal(byMethod.success_count, 3);
await assert.rejects(client.request({ method: "batch/execute", params: circle }, ResultSchema), { code: -32602 });
await assert.rejects(client.request({ method: "batch/none", params: {} }, ResultSchema), { code: -32601 });

// The episodes' own figures: all of them are of today, or of two days around midnight.
const analysis = await tool(
  "advanced_pattern_analysis", { analysis_type: "comprehensive" }, ["statistical_results", "predictive_results", "summary", "performance"],
  { analysis_type: "statistical", time_series_data: {} }, /time_series_data is empty/,
);
assert.equal(analysis.summary.source, "episodes");
const ramp = Array.from({ length: 30 }, (_, at) => at + (at % 3));
const given = await ask("advanced_pattern_analysis", { analysis_type: "comprehensive", time_series_data: { ramp, twice: ramp.map((n) => 2 * n) }, config: { forecast_horizon: 3 } });
const [correlation] = given.statistical_results.correlations;
assert.ok(correlation.coefficient > 0.999 && correlation.significant);
for (const field of ["variables", "p_value", "confidence_interval"]) assert.ok(field in correlation, field);
const [forecast] = given.predictive_results.forecasts;
assert.equal(forecast.point_forecasts.length, 3);
assert.ok(forecast.point_forecasts.every((point, at) => forecast.lower_bounds[at] <= point && point <= forecast.upper_bounds[at]));
await refused("advanced_pattern_analysis", { analysis_type: "statistical", time_series_data: { a: [1, null] } }, /a/);

// ── Embeddings and health ───────────────────────────────────────────────────────────────────────────────────────────────
const before = (await ask("query_semantic_memory", { query: "login", similarity_threshold: 0 })).results_found;
await tool("configure_embeddings", { provider: "builtin", similarity_threshold: 0.6 }, ["provider", "model", "dimension", "reindexed", "warnings"], { provider: "magic" }, /`provider` does not fit/);
// Fault 9: what was there is found still.
assert.equal((await ask("query_semantic_memory", { query: "login", similarity_threshold: 0 })).results_found, before);
for (const name of ["test_embeddings", "embedding_provider_status"]) {
  const tried = await tool(name, {}, ["available", "provider", "model", "dimension", "test_time_ms", "sample_embedding", "errors"], { deep: true }, /unknown field/);
  assert.deepEqual([tried.available, tried.sample_embedding.length], [true, 5]);
}
assert.equal((await tool("health_check", {}, ["status", "components"], { deep: true }, /unknown field/)).status, "healthy");
// Fault 5: figures are measured.
const metrics = await tool("get_metrics", { metric_type: "all" }, ["performance", "episodes", "system"], { metric_type: "weather" }, /`metric_type` does not fit/);
assert.ok(metrics.system.memory_bytes > 1e6 && metrics.performance.create_episode.errors >= 3);
// Fault 12: quality is that of all domains.
const quality = await tool(
  "quality_metrics", { time_range: "all" },
  ["average_quality_score", "distribution", "episodes_accepted", "episodes_rejected", "trend", "recommendations"],
  { time_range: "1y" }, /`time_range` does not fit/,
);
assert.ok(quality.total_episodes >= 8);
await tool("delete_episode", { episode_id: failed, confirm: true }, ["success", "episode_id", "message"], { episode_id: failed, confirm: false }, /confirm/);

const { tools } = await client.listTools();
const own = ["execute_agent_code", "search_tools", "describe_tools", "call_tool", "save_plugin", "list_plugins", "plugin_info", "remove_plugin"];
assert.deepEqual(tools.map((tool) => tool.name).filter((name) => !own.includes(name)).sort(), [...checked].sort());

// ── Fault 3: a server that was killed, and another after it ─────────────────────────────────────────────────────────────
const open = await ask("create_episode", { task_description: "outlive a kill", domain: "web-shop", task_type: "testing" });
await ask("add_episode_step", { episode_id: open.episode_id, step_number: 1, tool: "t", action: "a" });
client.onerror = () => {};
process.kill(transport.pid, "SIGKILL");
({ client, transport } = await connect());
assert.equal((await ask("get_episode", { episode_id: open.episode_id })).episode.steps.length, 1);
await ask("add_episode_step", { episode_id: open.episode_id, step_number: 2, tool: "t", action: "b" });
await ask("complete_episode", { episode_id: open.episode_id, outcome_type: "success", verdict: "it did" });
await ask("get_handoff_pack", { checkpoint_id: mark.checkpoint_id });
await ask("explain_pattern", { pattern_id: first.id });
assert.equal((await ask("query_memory", { query: "outlive a kill", domain: "web-shop" })).episodes[0].episode_id, open.episode_id);
assert.equal((await ask("get_recommendation_stats", {})).total_feedback, 1);

// ── Tools come forward when they are looked for and used ────────────────────────────────────────────────────────────────
{
  const names = async () => (await client.listTools()).tools.map((tool) => tool.name);
  const core = await names();
  assert.ok(!core.includes("get_dependency_graph"), `${core}`);
  const search = await client.callTool({ name: "search_tools", arguments: { query: "dependency graph of episodes" } });
  assert.match(search.content[0].text, /^this server: .*get_dependency_graph/);
  const described = await client.callTool({ name: "describe_tools", arguments: { names: ["get_dependency_graph"] } });
  assert.match(described.content[0].text, /"inputSchema"/);
  const changed = new Promise((resolve) => client.setNotificationHandler(ToolListChangedNotificationSchema, resolve));
  const called = await client.callTool({ name: "call_tool", arguments: { name: "get_dependency_graph", arguments: { episode_id: id } } });
  assert.ok(!called.isError, called.content[0].text);
  await changed;
  assert.ok((await names()).includes("get_dependency_graph"));
}

// ── Programs, and runs that are kept ────────────────────────────────────────────────────────────────────────────────────
{
  const run = (code, more = {}) => client.callTool({ name: "execute_agent_code", arguments: { code, ...more } });
  const asked = await run("const { episodes } = await memory.query('outlive a kill'); return episodes[0].task_description");
  assert.equal(asked.structuredContent.output, "outlive a kill", JSON.stringify(asked.structuredContent));
  const denied = await run("try { await memory.record.start({task_description: 'x', domain: 'y', task_type: 'testing'}) } catch (e) { return [e.name, e.code] }");
  assert.deepEqual(denied.structuredContent.output, ["MemoryError", "denied"]);
  const kept = await run("return 1 + 1", { record: true, context: { task: "add one and one" } });
  const recorded = kept.content.at(-1).text.match(/^recorded as episode (.+)$/)[1];
  const { episode } = await ask("get_episode", { episode_id: recorded });
  assert.equal(episode.task_description, "add one and one");
  assert.equal(episode.outcome.type, "success");
  assert.match(episode.metadata.code_digest, /^blake3:[0-9a-f]{64}$/);
}
client.onerror = () => {};
await client.close();
