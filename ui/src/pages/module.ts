// Working together: pages of fields, studies, review, consensus and people, and their parts in the studio.
import "./pages.css";
import type { Module, Role } from "../contracts";
import { showClasses } from "./classes_page";
import { showConsensus } from "./consensus_page";
import { installFieldFrame } from "./field_frame";
import { showFields } from "./fields_page";
import { installHistoryPanel } from "./history_panel";
import { installJump } from "./jump";
import { showPeople } from "./people_page";
import { installReviewPanel } from "./review_panel";
import { showReview } from "./review_page";
import { showStudies } from "./studies_page";
import { showStudy } from "./study_page";
import { showWizard } from "./wizard_page";
import { installWorkStrip } from "./work_strip";

const LEADS: Role[] = ["admin", "senior"];
const WORKERS: Role[] = [...LEADS, "rater"];

export const teamwork: Module = {
  name: "teamwork",
  install(studio) {
    const { shell } = studio;
    shell.addPage({ path: "fields", title: "My fields", menu: { name: "My fields", order: 10, roles: WORKERS }, show: (element) => showFields(studio, element) });
    shell.addPage({ path: "studies", title: "Studies", menu: { name: "Studies", order: 20, roles: LEADS }, show: (element) => showStudies(studio, element) });
    shell.addPage({ path: "studies/new", title: "Make a study", under: "studies", show: (element) => showWizard(studio, element) });
    shell.addPage({ path: "study/:id", title: "Study", under: "studies", show: (element, { id }) => showStudy(studio, element, id ?? "") });
    shell.addPage({ path: "study/:id/consensus", title: "Consensus", under: "studies", show: (element, { id }) => showConsensus(studio, element, id ?? "") });
    shell.addPage({ path: "review", title: "Review", menu: { name: "Review", order: 30, roles: LEADS }, show: (element) => showReview(studio, element) });
    shell.addPage({ path: "people", title: "People", menu: { name: "People", order: 40, roles: LEADS }, show: (element) => showPeople(studio, element) });
    shell.addPage({ path: "classes", title: "Classes", menu: { name: "Classes", order: 50, roles: ["admin"] }, show: (element) => showClasses(studio, element) });
    studio.document.on("open", () => {
      const info = studio.document.info;
      if (info?.study) shell.under(info.owner === studio.api.me?.alias ? "fields" : "review");
    });
    installWorkStrip(studio);
    installReviewPanel(studio);
    installHistoryPanel(studio);
    installFieldFrame(studio);
    installJump(studio);
  },
};
