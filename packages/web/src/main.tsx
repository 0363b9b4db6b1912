import "./ui/base.css";
import "./ui/components.css";
import "./shell/shell.css";
import { render } from "preact";
import { startRouting } from "./shell/route.js";
import { Shell } from "./shell/shell.js";
import { restoreTheme } from "./shell/theme.js";

restoreTheme();
startRouting();
const app = document.getElementById("app");
if (app !== null) render(<Shell />, app);
