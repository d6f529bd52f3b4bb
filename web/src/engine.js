// A worker that answers SPARQL: Oxigraph as WebAssembly, with the data of a published site.
import init, { Store, defaultGraph, namedNode } from "oxigraph";

const LABEL = "http://www.w3.org/2000/01/rdf-schema#label";
const TITLE = "https://w3id.org/filmgraph/evidence#title";

let opening = null;

async function open() {
  const url = (path) => new URL(path, self.location.href);
  const [data] = await Promise.all([read(url("../data/graph.nq.gz")), init({ module_or_path: url("oxigraph.wasm") })]);
  const store = new Store();
  store.load(data, { format: "nq", lenient: true, no_transaction: true });
  return store;
}

// Some hosts declare the compression of a .gz file, and the browser has undone it then.
async function read(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The data cannot be loaded: ${response.status} ${response.statusText}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  return new Uint8Array(
    await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer(),
  );
}

function answer(store, { text, format, graphs }) {
  const options = { results_format: format };
  if (graphs) options.default_graph = graphs.map((graph) => (graph ? namedNode(graph) : defaultGraph()));
  return store.query(text, options);
}

// An entity's label: without a language, then English, then any; of a source that has none, its title.
function label(store, iri) {
  const rank = (literal) => ({ "": 0, en: 1 })[literal.language] ?? 2;
  const named = (property) => store.match(namedNode(iri), namedNode(property), null, null).map((quad) => quad.object);
  const labels = named(LABEL);
  labels.sort((a, b) => rank(a) - rank(b) || (a.value < b.value ? -1 : 1));
  return (labels[0] ?? named(TITLE)[0])?.value ?? "";
}

self.onmessage = async ({ data }) => {
  try {
    opening ??= open();
    const store = await opening;
    const result = data.labels ? data.labels.map((iri) => [iri, label(store, iri)]) : answer(store, data);
    self.postMessage({ id: data.id, result });
  } catch (error) {
    self.postMessage({ id: data.id, error: String(error?.message ?? error) });
  }
};
