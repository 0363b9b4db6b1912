export { type KeyServiceOptions, keyServiceKinds } from "./client.js";
export { inTurn } from "./in-turn.js";
export { type KeyRequest, type KeyServer, type ServeKeysOptions, serveKeys } from "./server.js";
