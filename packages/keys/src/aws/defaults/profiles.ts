import { SopsError } from "@isosops/core";
import type { Platform } from "../../native/platform.js";
import { parseConfigFile, type Section } from "./config-file.js";

/** The settings of the AWS tools on this machine. */
export interface Profiles {
  /** The profile that is used if none is named. */
  readonly defaultName: string;
  /**
   * A setting of a profile, "" if it has none.
   *
   * @param name - In lower case.
   */
  get(profile: string, name: string): string;
  has(profile: string): boolean;
  /** A setting of the section `[services ...]` that a profile names, for a service: `kms`. */
  service(profile: string, service: string, name: string): string;
  /** A setting of a section `[sso-session ...]`. */
  session(session: string, name: string): string;
  /** The files that were looked for. */
  readonly files: readonly string[];
}

/**
 * Reads both files, those that `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` name (aws-sdk-go-v2, `config/shared_config.go`).
 * If both have a setting, that of the credentials file counts.
 */
export async function readProfiles(platform: Platform): Promise<Profiles> {
  const home = platform.homeFolder();
  // Never below the working folder, where anybody's files may be.
  const inHome = (name: string) => (home === "" ? "" : platform.joinPath(home, ".aws", name));
  const configFile = platform.env("AWS_CONFIG_FILE") || inHome("config");
  const credentialsFile = platform.env("AWS_SHARED_CREDENTIALS_FILE") || inHome("credentials");
  const [config, credentials] = await Promise.all([
    readSections(platform, configFile),
    readSections(platform, credentialsFile),
  ]);
  const own = (profile: string): Section | undefined =>
    config.get(`profile ${profile}`) ?? (profile.toLowerCase() === "default" ? config.get(profile) : undefined);
  const get = (profile: string, name: string): string =>
    credentials.get(profile)?.values.get(name) || own(profile)?.values.get(name) || "";
  return {
    defaultName: platform.env("AWS_PROFILE") || platform.env("AWS_DEFAULT_PROFILE") || "default",
    get,
    has: (profile) => own(profile) !== undefined || credentials.has(profile),
    service(profile, service, name) {
      const services = config.get(`services ${get(profile, "services")}`);
      return services?.blocks.get(service)?.get(name) ?? "";
    },
    session: (session, name) => config.get(`sso-session ${session}`)?.values.get(name) ?? "",
    files: [credentialsFile || "~/.aws/credentials", configFile || "~/.aws/config"],
  };
}

async function readSections(platform: Platform, path: string): Promise<Map<string, Section>> {
  try {
    return parseConfigFile((path === "" ? undefined : await platform.readFile(path)) ?? "");
  } catch (cause) {
    throw new SopsError(
      "credentials",
      `the file ${path} of the AWS configuration cannot be read. Check its permissions.`,
      {
        cause,
      },
    );
  }
}
