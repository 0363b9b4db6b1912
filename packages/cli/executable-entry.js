/** What an executable runs. Bytecode is for CommonJS, where nothing awaits at the top. */
import { main } from "./bundle/main.js";

void main(process.argv.slice(2));
