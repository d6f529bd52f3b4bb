"""Scripts that load an export into a SPARQL store with its own bulk loader, with settings that fit the size.

The settings follow the documentation of each store, which the script names; nothing in them was measured here, except
for Virtuoso, whose script the tests run.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from string import Template

_GIGABYTE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What is loaded, a folder of `*.nq.gz`, and the machine that loads it."""

    folder: str
    triples: int
    memory: int
    """Gigabytes that the store may use."""
    cores: int = 4

    def values(self) -> Mapping[str, object]:
        """What the templates name."""
        buffers = 85_000 * self.memory
        return {
            "folder": self.folder,
            "quoted": shlex.quote(self.folder),
            "triples": f"{self.triples:,}",
            "memory": self.memory,
            "half": max(1, self.memory // 2),
            "quarter": max(1, self.memory // 4),
            "cores": self.cores,
            "loaders": max(1, round(self.cores / 2.5)),
            "buffers": buffers,
            "dirty": buffers * 3 // 4,
            "entities": min(max(10_000_000, self.triples // 3), 2_000_000_000),
            "entity_bits": 40 if self.triples > 4 * _GIGABYTE else 32,
            "batch": min(max(1_000_000, self.triples // 10), 25_000_000),
            "loader": "tdb2.xloader --threads" if self.triples > 500_000_000 else "tdb2.tdbloader --loader",
            "mode": max(1, self.cores - 1) if self.triples > 500_000_000 else "parallel",
            "import": "preload" if self.triples > _GIGABYTE else "load",
        }


def default_memory(triples: int) -> int:
    """Gigabytes for a store of so many triples: 2 for a small one, and 25 for each thousand million."""
    return max(2, ceil(triples * 25 / _GIGABYTE))


def write_load_script(store: str, plan: LoadPlan) -> str:
    """The script for one of `STORES`."""
    template = Template(_HEAD + _SCRIPTS[store] + _SMOKE_TEST)
    return template.substitute(plan.values(), store=_NAMES[store], endpoint=_ENDPOINTS[store])


_NAMES = {"virtuoso": "Virtuoso", "qlever": "QLever", "graphdb": "GraphDB", "neptune": "Neptune", "fuseki": "Fuseki"}
STORES = tuple(_NAMES)
"""The stores for which there is a script."""
_ENDPOINTS = {
    "virtuoso": "http://127.0.0.1:8890/sparql",
    "qlever": "http://127.0.0.1:7001",
    "graphdb": "http://127.0.0.1:7200/repositories/filmgraph",
    "neptune": "https://$NEPTUNE:8182/sparql",
    "fuseki": "http://127.0.0.1:3030/filmgraph/query",
}
_HEAD = """\
#!/bin/sh
# Loads $triples triples from $folder into $store, with $memory GB of memory.
# Every graph has its name in the files: graph:asserted and graph:inferred are knowledge.
set -eu
"""
_SMOKE_TEST = """
# The build, the triples of each graph, and the rows of every stored query:
kg check-store "$endpoint"
"""
_VIRTUOSO = """\
# https://vos.openlinksw.com/owiki/wiki/VOS/VirtBulkRDFLoader
# https://vos.openlinksw.com/owiki/wiki/VOS/VirtRDFPerformanceTuning: 85,000 buffers of 8 KB for each GB
mkdir -p virtuoso
[ -f virtuoso/virtuoso.ini ] || cat > virtuoso/virtuoso.ini <<'END'
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
FileExtend = 200
[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:1111
DisableUnixSocket = 1
NumberOfBuffers = $buffers
MaxDirtyBuffers = $dirty
MaxCheckpointRemap = 2000
DirsAllowed = ., $folder
[HTTPServer]
ServerPort = 127.0.0.1:8890
ServerThreads = 20
[SPARQL]
; An answer that is cut is read in pages; ORDER BY of so many rows must be allowed for it.
ResultSetMaxRows = 100000
MaxQueryExecutionTime = 60
END
sql() { "$$(command -v isql-vt || command -v isql)" 127.0.0.1:1111 dba "$${VIRTUOSO_PASSWORD:-dba}" exec="$$1"; }
# The database is made anew: the loader does not load files of names that it has loaded, and old triples would stay.
if [ -f virtuoso/virtuoso.lck ]; then
  sql "shutdown;" || true
  for _ in $$(seq 60); do [ ! -f virtuoso/virtuoso.lck ] || sleep 1; done
fi
(cd virtuoso && rm -f virtuoso.db virtuoso.trx virtuoso.pxa virtuoso-temp.db virtuoso-temp.trx)
(cd virtuoso && virtuoso-t +configfile virtuoso.ini +wait)
sql "ld_dir('$folder', '*.nq.gz', 'http://example.org/unnamed');"
loaders=""
for _ in $$(seq $loaders); do sql "rdf_loader_run();" & loaders="$$loaders $$!"; done
wait $$loaders
sql "checkpoint;"
sql "SELECT ll_file, ll_error FROM DB.DBA.load_list WHERE ll_error IS NOT NULL OR ll_state <> 2;"
"""
_QLEVER = """\
# https://github.com/ad-freiburg/qlever-control (pip install qlever): about an hour for 1,000,000,000 triples
cat > Qleverfile <<'END'
[data]
NAME = filmgraph
FORMAT = nq
DESCRIPTION = The film knowledge graph, with provenance

[index]
INPUT_FILES = $folder/*.nq.gz
CAT_INPUT_FILES = zcat $${INPUT_FILES}
SETTINGS_JSON = { "ascii-prefixes-only": false, "num-triples-per-batch": $batch }
STXXL_MEMORY = ${half}G

[server]
PORT = 7001
ACCESS_TOKEN = $${data:NAME}
MEMORY_FOR_QUERIES = ${half}G
CACHE_MAX_SIZE = ${quarter}G
TIMEOUT = 60s

[runtime]
SYSTEM = docker
IMAGE = docker.io/adfreiburg/qlever:latest
END
qlever index
qlever start
"""
_GRAPHDB = """\
# https://graphdb.ontotext.com/documentation/10.1/loading-data-using-importrdf.html: the server must not run
# The ruleset is empty: what follows is in graph:inferred already.
cat > filmgraph-config.ttl <<'END'
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix rep: <http://www.openrdf.org/config/repository#> .
@prefix sr: <http://www.openrdf.org/config/repository/sail#> .
@prefix sail: <http://www.openrdf.org/config/sail#> .
@prefix graphdb: <http://www.ontotext.com/config/graphdb#> .
[] a rep:Repository ;
    rep:repositoryID "filmgraph" ;
    rdfs:label "film knowledge graph" ;
    rep:repositoryImpl [
        rep:repositoryType "graphdb:SailRepository" ;
        sr:sailImpl [
            sail:sailType "graphdb:Sail" ;
            graphdb:ruleset "empty" ;
            graphdb:disable-sameAs "true" ;
            graphdb:enable-context-index "true" ;
            graphdb:enablePredicateList "true" ;
            graphdb:entity-index-size "$entities" ;
            graphdb:entity-id-size "$entity_bits" ;
            graphdb:query-timeout "60" ;
            graphdb:throw-QueryEvaluationException-on-timeout "true"
        ]
    ] .
END
GDB_JAVA_OPTS="-Xmx${memory}g" importrdf $import --force --config-file filmgraph-config.ttl $quoted
GDB_JAVA_OPTS="-Xmx${memory}g" graphdb -d
"""
_NEPTUNE = """\
# https://docs.aws.amazon.com/neptune/latest/userguide/load-api-reference-load.html
# NEPTUNE is the cluster's host, BUCKET a bucket of the same region, ROLE the role that may read it, REGION its region.
: "$${NEPTUNE:?}" "$${BUCKET:?}" "$${ROLE:?}" "$${REGION:?}"
aws s3 sync $quoted "s3://$$BUCKET/filmgraph/" --exclude '*' --include '*.nq.gz'
load=$$(curl --silent --fail -X POST -H 'Content-Type: application/json' "https://$$NEPTUNE:8182/loader" -d "{
  \\"source\\": \\"s3://$$BUCKET/filmgraph/\\", \\"format\\": \\"nquads\\", \\"iamRoleArn\\": \\"$$ROLE\\",
  \\"region\\": \\"$$REGION\\", \\"failOnError\\": \\"TRUE\\", \\"parallelism\\": \\"OVERSUBSCRIBE\\"
}" | sed 's/.*"loadId" *: *"\\([^"]*\\)".*/\\1/')
while state=$$(curl --silent --fail "https://$$NEPTUNE:8182/loader/$$load"); do
  case "$$state" in
    *LOAD_COMPLETED*) break ;;
    *LOAD_FAILED* | *LOAD_CANCELLED*) echo "$$state" >&2; exit 1 ;;
    *) sleep 10 ;;
  esac
done
"""
_FUSEKI = """\
# https://jena.apache.org/documentation/tdb2/tdb2_cmds.html
# https://jena.apache.org/documentation/tdb/tdb-xloader.html: from some hundred million triples on
JVM_ARGS="-Xmx${half}g" $loader $mode --loc filmgraph-tdb2 $quoted/*.nq.gz
JVM_ARGS="-Xmx${half}g" fuseki-server --localhost --tdb2 --loc filmgraph-tdb2 --timeout 60000 /filmgraph &
sleep 10
"""
_SCRIPTS = {
    "virtuoso": _VIRTUOSO,
    "qlever": _QLEVER,
    "graphdb": _GRAPHDB,
    "neptune": _NEPTUNE,
    "fuseki": _FUSEKI,
}
