// The modules of the studio, in the order in which they are installed. A new one is a line here.
import type { Module } from "./contracts";

export const MODULES: Module[] = [];
