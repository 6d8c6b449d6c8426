// Puts the studio together; everything it can do comes from a module.
import { createApi } from "./api/client";
import { MODULES } from "./modules";
import { createShell } from "./shell/shell";
import { createDocument } from "./state/document";
import { createViewer } from "./viewer/viewer";

const api = createApi();
const viewer = createViewer(api);
const document_ = createDocument(api);
const shell = createShell({ api, viewer, document: document_ });
const studio = { viewer, shell, api, document: document_ };
for (const module of MODULES) module.install(studio);
void shell.start();
