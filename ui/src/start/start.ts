// The pages before the studio: images of the project, log in, take an invitation.
import "./start.css";
import type { Module } from "../contracts";
import { drawn } from "../state/document";
import { showImages } from "./images_page";
import { showInvitation, showLogin } from "./login_page";

export const start: Module = {
  name: "start",
  install({ shell, api, document }) {
    const menu = { name: "Images", order: 0 };
    shell.addPage({ path: "", title: "Images", menu, show: (element) => showImages(element, api) });
    shell.addPage({ path: "login", title: "Log in", show: (element) => showLogin(element, api, () => void drawn(document).sendLeft()) });
    shell.addPage({
      path: "invite/:token",
      title: "Invitation",
      show: (element, { token }) => showInvitation(element, api, token ?? ""),
    });
  },
};
