// Where the page's script begins: a report, or the tank.

import { report } from "./report.js";
import { tank } from "./tank/tank.js";

document.documentElement.classList.add("scripted");
if (document.documentElement.dataset["mode"] === "tank") tank();
else report();
