// What the routes of teamwork give, and words for it.
import type { Box, Role } from "../contracts";

export type Status = "not_started" | "in_work" | "done" | "approved" | "needs_work";

export interface Arm {
  name: string;
  suggestions: boolean;
}

export interface Design {
  arms: Arm[];
  overlap: number;
  repeats: number;
  arms_by: "fields" | "raters";
  blind: boolean;
  feedback: boolean;
  seed: number;
}

export interface OwnField {
  task: string;
  study: { id: string; name: string };
  number: number;
  of: number;
  image: string;
  box: Box | null;
  document: string | null;
  status: Status;
  seconds: number;
  suggestions: boolean;
  feedback: boolean;
  review: { reason: string; mark: [number, number] | null } | null;
}

export interface StudyLine {
  id: string;
  name: string;
  since: string;
  by: string;
  fields: number;
  raters: number;
  arms: string[];
  total: number;
  done: number;
  to_review: number;
  needs_work: number;
}

export interface StudyField {
  id: string;
  number: number;
  image: string;
  image_name: string;
  box: Box | null;
  gold: string | null;
}

export interface StudyTask {
  field: string;
  rater: string;
  arm: string;
  repeat: number;
  status: Status;
  document: string | null;
  seconds: number;
}

export interface Board extends StudyLine {
  design: Design;
  /** The classes that the study was begun with. */
  hierarchy: Record<string, unknown>;
  /** What should be known, such as that nothing is suggested in some fields. */
  warnings: string[];
  fields_list: StudyField[];
  raters_list: { alias: string; active: boolean; since: string }[];
  progress: { rater: string; total: number; done: number; needs_work: number; seconds: number }[];
  tasks: StudyTask[];
}

export interface Load {
  rater: string;
  fields: number;
  repeats: number;
  arms: Record<string, number>;
}

export interface ReviewItem {
  document: string;
  study: { id: string; name: string };
  field: number;
  image: string;
  image_name: string;
  box: Box | null;
  rater: string;
  arm: string;
  repeat: number;
  status: Status;
  seconds: number;
}

export interface Step {
  revision: number;
  status: Status;
  by: string;
  seconds: number;
  reason: string;
  mark: [number, number] | null;
  stored: string;
}

export const ROLES: [Role, string][] = [
  ["admin", "Admin: all, people too"],
  ["senior", "Senior: studies, review, decisions"],
  ["rater", "Rater: own fields"],
  ["viewer", "Viewer: looks only"],
];

export interface Person {
  alias: string;
  name: string;
  role: Role;
  group: string;
  active: boolean;
}

export interface Feedback {
  known: boolean;
  found: number;
  missed: number;
  added: number;
  misnamed: number;
  spots: { x: number; y: number; what: "missed" | "added" | "misnamed"; yours: string; truth: string }[];
}

export interface ConsensusState {
  ready: boolean;
  job: string | null;
  stale: boolean;
  made: string;
  remarks: string[];
  findings: string[];
  agreement: { level: string; version: string; coefficient: string; value: number | null; low: number | null; high: number | null }[];
  files: string[];
}

export interface Disputed {
  item: string;
  field: string;
  number: number;
  label: string;
  confidence: number | null;
  second: string;
  disagreement: number | null;
  n_answers: number;
  votes: { label: string; raters: string[] }[];
  box: Box;
  /** What a senior may decide, beside that it is no nucleus. */
  choices: string[];
  adjudicated: { label: string; by: string } | null;
}

export const STATUS_NAMES: Record<Status, string> = {
  not_started: "Not started",
  in_work: "In work",
  done: "Done",
  approved: "Approved",
  needs_work: "Needs work",
};

/** A sign beside the colour, so that colour never tells alone. */
export const STATUS_SIGNS: Record<Status, string> = {
  not_started: "○",
  in_work: "◐",
  done: "●",
  approved: "✓",
  needs_work: "↩",
};

export const FINISHED: ReadonlySet<Status> = new Set<Status>(["done", "approved"]);

/** What to do next: what came back, what was begun, then the first that was not; null: all is done. */
export function nextField(fields: readonly OwnField[], after?: string): OwnField | null {
  const first = (status: Status): OwnField | undefined =>
    fields.find((field) => field.status === status && field.task !== after);
  return first("needs_work") ?? first("in_work") ?? first("not_started") ?? null;
}

export function isLead(role: Role | undefined): boolean {
  return role === "admin" || role === "senior";
}
