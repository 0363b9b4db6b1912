/** The pages: their addresses, their names in the navigation, and where their code is. It is loaded when one is opened. */
import type { ComponentType } from "preact";

/** What a page is rendered with. */
export interface PageProps {
  /** What follows the page's own address, such as `clusters/production` of `#/clusters/clusters/production`. */
  readonly rest: string;
}

/** A page that the shell shows. */
export interface Page {
  /** The first part of the address, after `#/`. */
  readonly path: string;
  /** In the navigation and the title of the window. */
  readonly title: string;
  /** Only shown while a server is connected. */
  readonly needsServer: boolean;
  /** Not in the navigation. */
  readonly isHidden?: boolean;
  readonly load: () => Promise<ComponentType<PageProps>>;
}

export const pages: readonly Page[] = [
  {
    path: "workbench",
    title: "Workbench",
    needsServer: false,
    load: async () => (await import("../workbench/page.js")).WorkbenchPage,
  },
  {
    path: "stacks",
    title: "Stacks",
    needsServer: false,
    load: async () => (await import("../stacks/page.js")).StacksPage,
  },
  {
    path: "organisation",
    title: "Organisation",
    needsServer: true,
    load: async () => (await import("../settings/organisation-page.js")).OrganisationPage,
  },
  {
    path: "clusters",
    title: "Clusters",
    needsServer: true,
    load: async () => (await import("../settings/clusters-page.js")).ClustersPage,
  },
  {
    path: "signin",
    title: "Sign in",
    needsServer: false,
    isHidden: true,
    load: async () => (await import("../api/sign-in.js")).SignInPage,
  },
];
