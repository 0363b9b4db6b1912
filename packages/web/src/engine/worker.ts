/** The worker: one operation after the other, without those that were cancelled while they waited. */
import type { Answer, ErrorFields, Request } from "./messages.js";
import { operations } from "./operations.js";

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(answer: Answer): void;
};

const waiting: Extract<Request, { id: number }>[] = [];
let isRunning = false;

scope.onmessage = ({ data }) => {
  if ("cancel" in data) {
    const index = waiting.findIndex(({ id }) => id === data.cancel);
    if (index >= 0) waiting.splice(index, 1);
    return;
  }
  waiting.push(data);
  void runAll();
};

async function runAll(): Promise<void> {
  if (isRunning) return;
  isRunning = true;
  // A turn of the event loop before each: what cancels one has to arrive first.
  for (await nextTurn(); waiting.length > 0; await nextTurn()) {
    const request = waiting.shift();
    if (request !== undefined) scope.postMessage(await run(request));
  }
  isRunning = false;
}

async function run({ id, operation, args }: Extract<Request, { id: number }>): Promise<Answer> {
  try {
    const perform = operations[operation] as (...args: readonly unknown[]) => Promise<unknown>;
    return { id, result: await perform(...args) };
  } catch (error) {
    return { id, error: fieldsOf(error) };
  }
}

function fieldsOf(error: unknown): ErrorFields {
  const { message, code, path, line } = error as Partial<ErrorFields>;
  return { message: message ?? "This did not work.", code, path, line };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve);
  });
}
