import "./base.css";
import type { Api, DocumentState, Shell, Viewer } from "../contracts";

export interface StartingShell extends Shell {
  start(): Promise<void>;
}

export function createShell(_parts: { api: Api; viewer: Viewer; document: DocumentState }): StartingShell {
  return {
    addTool: () => undefined,
    addPanel: () => undefined,
    addCommand: () => undefined,
    addPage: () => undefined,
    useTool: () => undefined,
    status: () => undefined,
    ask: async () => "",
    start: async () => undefined,
  };
}
