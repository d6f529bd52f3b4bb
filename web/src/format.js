// Formats SPARQL: one pattern a line, two spaces for each level, keywords in capitals. Only blanks and case change.

const TOKEN = new RegExp(
  [
    /(?<comment>#[^\n]*)/,
    /(?<iri><[^<>"{}|^`\\\s]*>)/,
    /(?<string>"""(?:[^"\\]|\\[^]|"(?!""))*"""|'''(?:[^'\\]|\\[^]|'(?!''))*'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/,
    /(?<variable>[?$]\w+)/,
    /(?<language>@[A-Za-z][\w-]*)/,
    /(?<name>(?:[\p{L}][\p{L}\d_.-]*)?:(?:(?:[\p{L}\d_:\\%-]|\.(?=[\p{L}\d_:\\%-]))+)?|_:[\p{L}\d_.-]+)/,
    /(?<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)/,
    /(?<word>\p{L}[\p{L}\d_]*)/,
    /(?<sign>\^\^|&&|\|\||!=|<=|>=|<<|>>|[^\s])/,
  ].map((part) => part.source).join("|"),
  "gu",
);
const KEYWORDS = new Set(
  `SELECT CONSTRUCT DESCRIBE ASK WHERE DISTINCT REDUCED FROM NAMED PREFIX BASE UNION OPTIONAL MINUS GRAPH SERVICE SILENT
   FILTER BIND AS VALUES UNDEF GROUP BY HAVING ORDER ASC DESC LIMIT OFFSET NOT EXISTS IN COUNT SUM MIN MAX AVG SAMPLE
   GROUP_CONCAT SEPARATOR STR LANG LANGMATCHES DATATYPE BOUND IRI URI BNODE COALESCE IF REGEX CONTAINS STRSTARTS STRENDS
   CONCAT STRLEN LCASE UCASE YEAR MONTH DAY ABS CEIL FLOOR ROUND REPLACE SUBSTR ISIRI ISLITERAL ISBLANK ISNUMERIC
   STRBEFORE STRAFTER STRDT STRLANG SAMETERM NOW`.split(/\s+/),
);
const LINE_STARTS = new Set(["SELECT", "CONSTRUCT", "DESCRIBE", "ASK", "PREFIX", "BASE", "FILTER", "OPTIONAL", "BIND",
  "VALUES", "MINUS", "GRAPH", "SERVICE", "GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "FROM"]);

export function tokenise(text) {
  return [...text.matchAll(TOKEN)].map((match) => {
    const kind = Object.entries(match.groups).find(([, value]) => value !== undefined)[0];
    const isKeyword = kind === "word" && KEYWORDS.has(match[0].toUpperCase());
    const before = text.slice(0, match.index);
    return {
      kind,
      text: isKeyword ? match[0].toUpperCase() : match[0],
      isKeyword,
      touches: match.index > 0 && /\S/.test(text[match.index - 1]),
      isAfterBlankLine: /\n[ \t]*\n[ \t]*$/.test(before),
      isOnOwnLine: /(^|\n)[ \t]*$/.test(before),
    };
  });
}

export function format(text) {
  const lines = [];
  let line = "";
  let depth = 0;
  let parentheses = 0;
  let inline = 0; // inside the braces of VALUES
  let isContinued = false; // after a semicolon

  const end = () => {
    if (line.trim()) lines.push("  ".repeat(Math.max(0, depth)) + (isContinued ? "    " : "") + line.trim());
    line = "";
  };
  const tokens = tokenise(text);
  tokens.forEach((token, index) => {
    const before = tokens[index - 1];
    const next = tokens[index + 1];
    if (token.isAfterBlankLine && parentheses === 0 && !inline && lines.length && lines.at(-1) !== "") {
      if (!isContinued || token.kind === "comment") {
        end();
        lines.push("");
      }
    }
    if (token.kind === "comment") {
      if (token.isOnOwnLine) end();
      line += `${line ? " " : ""}${token.text}`;
      end();
      if (before?.text === ";" || before?.text === ".") isContinued = before.text === ";";
      return;
    }
    if (inline) {
      line += token.text === "}" || token.text === ")" || before.text === "(" ? closing(token, before) : space(token, before) + token.text;
      if (token.text === "{") inline += 1;
      if (token.text === "}") {
        inline -= 1;
        if (!inline) {
          end();
          isContinued = false;
        }
      }
      return;
    }
    if (token.text === "{" && token.kind === "sign") {
      line += `${line ? " " : ""}{`;
      if (/^VALUES\b/.test(line)) {
        inline = 1;
        return;
      }
      end();
      isContinued = false;
      depth += 1;
      return;
    }
    if (token.text === "}" && token.kind === "sign") {
      end();
      isContinued = false;
      depth -= 1;
      line = "}";
      if (!["UNION", ".", "AS", ")"].includes(next?.text)) end();
      return;
    }
    if (token.isKeyword && parentheses === 0 && LINE_STARTS.has(token.text) && line && !/^(SELECT|ASK|CONSTRUCT|DESCRIBE)$/.test(token.text) && before?.text !== "NOT") {
      end();
      isContinued = false;
    }
    line += space(token, before, line) + token.text;
    if (token.text === "(") parentheses += 1;
    if (token.text === ")") parentheses -= 1;
    if (parentheses === 0 && token.kind === "sign" && depth > 0 && (token.text === "." || token.text === ";")) {
      if (next?.kind === "comment" && !next.isOnOwnLine) return;
      end();
      isContinued = token.text === ";" && next?.text !== "]" && next?.text !== "." && next?.text !== "}";
    }
    if (token.kind === "iri" && /^(PREFIX|BASE)\b/.test(line)) end();
  });
  end();
  return `${lines.join("\n").trim()}\n`;

  function closing(token, previous) {
    return token.text === "}" && previous.text !== "{" ? ` ${token.text}` : token.text;
  }

  function space(token, previous, current = line) {
    if (!current || !previous) return "";
    if (!token.touches) return " ";
    return ["{", "}"].includes(previous.text) && token.text !== ")" ? " " : "";
  }
}

// True when two queries have the same tokens, so that they mean the same.
export function isSame(one, other) {
  const texts = (text) => tokenise(text).map((token) => token.text).join(" ");
  return texts(one) === texts(other);
}
