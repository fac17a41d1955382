// Combines tools of two MCP servers, which the operator configures as `files` and `graph`: the protocol's own servers
// for files (`@modelcontextprotocol/server-filesystem`) and for a graph of knowledge (`@modelcontextprotocol/server-memory`).
//
//   vesicle plugin add plugins/notes/notes.ts --ask tools=files.read_text_file \
//     --ask tools=graph.create_entities --ask tools=graph.search_nodes
//   vesicle plugin grant notes --all

/** What was kept of a file. */
interface Kept {
  /** What it is called in the graph. */
  name: string;
  /** How many notes it has. */
  notes: number;
}

/** A file that was found. */
interface Found {
  /** What it is called in the graph. */
  name: string;
  /** Its notes that have all words of the question, or all where its name has them. */
  notes: string[];
}

/** As many notes of one file are kept. */
const NOTES_MAX = 200;

/** The text of a result, which servers give by itself or as `content`. */
function text(result: unknown): string {
  if (typeof result === "string") return result;
  const { content } = result as { content?: unknown };
  if (typeof content !== "string") throw new TypeError("the server `files` answered without a text");
  return content;
}

/**
 * Reads a Markdown file and keeps the points of its lists in the graph, under the text of its first heading.
 *
 * @param path - Where it is, as the server `files` has it.
 */
export async function keep({ path }: { path: string }): Promise<Kept> {
  const lines = text(await tools.files.read_text_file({ path })).split("\n");
  const heading = lines.find((line) => line.startsWith("# "));
  const name = heading?.slice(2).trim() || path;
  const points = lines.map((line) => /^\s*[-*+]\s+(.*\S)/.exec(line)?.[1]).filter((point) => point !== undefined);
  const observations = [...new Set(points)].slice(0, NOTES_MAX);
  if (observations.length === 0) throw new RangeError(`there are no lists in ${path}, so there is nothing to keep`);
  await tools.graph.create_entities({ entities: [{ name, entityType: "note", observations }] });
  return { name, notes: observations.length };
}

/**
 * Finds what was kept.
 *
 * @param question - A few words.
 */
export async function find({ question }: { question: string }): Promise<Found[]> {
  const { entities } = (await tools.graph.search_nodes({ query: question })) as {
    entities: { name: string; entityType: string; observations: string[] }[];
  };
  const words = question.toLowerCase().split(/\s+/);
  const has = (text: string) => words.every((word) => text.toLowerCase().includes(word));
  return entities
    .filter(({ entityType }) => entityType === "note")
    .map(({ name, observations }) => ({ name, notes: has(name) ? observations : observations.filter(has) }));
}
