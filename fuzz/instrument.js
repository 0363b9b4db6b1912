/** Counts how often each branch of a module is taken. */
import { parseAst } from "rolldown/parseAst";

/**
 * The code of a module with a counter at the start of each function, each arm of a condition, each loop, case and handler
 * of errors, and the texts in it, which a fuzzer may want to say.
 *
 * @param {string} code
 * @param {() => number} nextCounter
 * @returns {{ code: string, texts: string[] }}
 */
export function instrument(code, nextCounter) {
  /** @type {{ at: number, text: string }[]} */
  const insertions = [];
  const texts = [];
  const count = () => `__counters[${nextCounter()}]++`;
  const insert = (at, text) => insertions.push({ at, text });
  const countStatement = (node) => {
    if (node.type === "BlockStatement") insert(node.start + 1, `${count()};`);
    else {
      insert(node.start, `{${count()};`);
      insert(node.end, "}");
    }
  };
  const countExpression = (node) => {
    insert(node.start, `(${count()},`);
    insert(node.end, ")");
  };
  const visit = (node) => {
    switch (node.type) {
      case "FunctionDeclaration":
      case "FunctionExpression":
        insert(node.body.start + 1, `${count()};`);
        break;
      case "ArrowFunctionExpression":
        if (node.body.type === "BlockStatement") insert(node.body.start + 1, `${count()};`);
        else countExpression(node.body);
        break;
      case "IfStatement":
        countStatement(node.consequent);
        if (node.alternate) countStatement(node.alternate);
        break;
      case "ForStatement":
      case "ForInStatement":
      case "ForOfStatement":
      case "WhileStatement":
      case "DoWhileStatement":
        countStatement(node.body);
        break;
      case "SwitchCase":
        if (node.consequent.length > 0) insert(node.consequent[0].start, `${count()};`);
        break;
      case "CatchClause":
        insert(node.body.start + 1, `${count()};`);
        break;
      case "ConditionalExpression":
        countExpression(node.consequent);
        countExpression(node.alternate);
        break;
      case "LogicalExpression":
        countExpression(node.right);
        break;
      case "Literal":
        if (typeof node.value === "string") texts.push(node.value);
        // A character by its code, as parsers compare them.
        else if (Number.isInteger(node.value) && node.value < 0xd800) texts.push(String.fromCharCode(node.value));
        break;
    }
    for (const [key, child] of Object.entries(node)) {
      if (key === "type" || child === null || typeof child !== "object") continue;
      for (const one of Array.isArray(child) ? child : [child]) if (typeof one?.type === "string") visit(one);
    }
  };
  visit(parseAst(code));
  // What was inserted first at a place is of what is further out, and so its end is further behind.
  const sorted = insertions.map((insertion, order) => ({ ...insertion, order }));
  sorted.sort((a, b) => a.at - b.at || rank(a) - rank(b) || (isEnd(a) ? b.order - a.order : a.order - b.order));
  const parts = ["const __counters = globalThis.fuzzCounters;"];
  let at = 0;
  for (const insertion of sorted) {
    parts.push(code.slice(at, insertion.at), insertion.text);
    at = insertion.at;
  }
  parts.push(code.slice(at));
  return { code: parts.join(""), texts };
}

function isEnd({ text }) {
  return text === ")" || text === "}";
}

function rank(insertion) {
  return isEnd(insertion) ? 0 : 1;
}
