// The modules of the studio, in the order in which they are installed. A new one is a line here.
import { assist } from "./assist/assist";
import type { Module } from "./contracts";
import { looking } from "./looking/looking";
import { teamwork } from "./pages/module";
import { start } from "./start/start";
import { drawing } from "./tools/install";

export const MODULES: Module[] = [start, looking, drawing, assist, teamwork];
