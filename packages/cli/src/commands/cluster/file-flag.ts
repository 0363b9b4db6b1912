import type { Command } from "commander";

export interface ClusterFlags {
  file: string;
}

export function addFileFlag(command: Command): void {
  command.option("-f, --file <file>", "the cluster file; cluster.yaml when left out", "cluster.yaml");
}
