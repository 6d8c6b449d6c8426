// Feedback on a field whose truth is known: what was found, missed and added, and where.
import type { Studio } from "../contracts";
import { count } from "./dom";
import type { Feedback } from "./values";

const COLOURS = { missed: "#ff9f1c", added: "#ff4fa3", misnamed: "#4cc9f0" } as const;
const WORDS = { missed: "missed", added: "no nucleus of the truth", misnamed: "another class" } as const;

/** Shows it where the study wants it and the truth is known; true where it was shown. */
export async function showFeedback(studio: Studio, document: string): Promise<boolean> {
  const found = await studio.api.get<Feedback>(`documents/${document}/feedback`).catch(() => null);
  if (!found?.known) return false;
  drawSpots(studio, found);
  const words = [
    `${count(found.found, "nucleus", "nuclei")} found`,
    `${found.missed} missed`,
    `${found.added} added`,
    `${found.misnamed} of another class`,
  ].join(", ");
  const answer = await studio.shell.ask(`The truth of this field is known: ${words}.${found.spots.length ? " Rings show where." : ""}`, ["Look at it", "Next"]);
  if (answer === "Next") {
    studio.viewer.removeOverlay("feedback");
    return false;
  }
  return true;
}

function drawSpots(studio: Studio, found: Feedback): void {
  studio.viewer.removeOverlay("feedback");
  studio.viewer.addOverlay({
    id: "feedback",
    order: 80,
    visible: true,
    draw(ctx, view) {
      ctx.font = "12px system-ui, sans-serif";
      for (const spot of found.spots) {
        const x = (spot.x - view.x) * view.scale;
        const y = (spot.y - view.y) * view.scale;
        ctx.lineWidth = 2.5;
        ctx.strokeStyle = COLOURS[spot.what];
        ctx.beginPath();
        ctx.arc(x, y, 12, 0, 2 * Math.PI);
        ctx.stroke();
        const words = spot.what === "misnamed" ? `${spot.truth}, not ${spot.yours}` : WORDS[spot.what];
        ctx.lineWidth = 3;
        ctx.strokeStyle = "#000";
        ctx.strokeText(words, x + 16, y + 4);
        ctx.fillStyle = COLOURS[spot.what];
        ctx.fillText(words, x + 16, y + 4);
      }
    },
  });
  const stop = studio.document.on("open", () => {
    stop();
    studio.viewer.removeOverlay("feedback");
  });
}

