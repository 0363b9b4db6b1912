/** What the blocks of the README call your file and your key. */
import { encrypt, generateIdentity } from "isosops";

const made = await generateIdentity();
export const identity: string = made.identity;
export const { text } = await encrypt(`{"password": "hunter2"}\n`, { format: "json", recipients: [made.recipient] });
