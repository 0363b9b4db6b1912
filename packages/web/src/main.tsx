import "./ui/base.css";
import "./ui/components.css";
import "./shell/shell.css";
import { render } from "preact";
import { registerOffline } from "./offline/register.js";
import { startRouting } from "./shell/route.js";
import { Shell } from "./shell/shell.js";
import { restoreTheme } from "./shell/theme.js";

restoreTheme();
startRouting();
const app = document.getElementById("app");
if (app !== null) render(<Shell />, app);
registerOffline().catch(() => {
  // A private window has no service workers.
});
