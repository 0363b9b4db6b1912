import { SopsError } from "@isosops/core";
import { noAnswer, readObject } from "../http/answer.js";
import type { HttpOptions } from "../http/send.js";
import { callHuawei } from "./call.js";
import type { HuaweiCredentials } from "./credentials.js";

const service = "IAM of HuaweiCloud";

/** A request for a project. */
interface ProjectRequest {
  /** Of IAM. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: HuaweiCredentials;
  readonly http: HttpOptions;
  readonly signal: AbortSignal | undefined;
}

/**
 * Looks up the project of a region, which has the same name (IAM, `KeystoneListProjects`).
 *
 * @throws {SopsError} `credentials` if there are none or several; as `callHuawei`
 */
export async function findProject({ endpoint, region, ...request }: ProjectRequest): Promise<string> {
  const { credentials } = request;
  const text = await callHuawei({
    ...request,
    asked: { service, operation: "projects", source: credentials.source },
    method: "GET",
    url: `${endpoint}/v3/projects?name=${region}`,
    secrets: [],
  });
  const { projects } = readObject(text) ?? {};
  if (!Array.isArray(projects)) throw noAnswer(service);
  const [id, ...others] = projects.map((project) => (Object(project) as Record<string, unknown>).id);
  if (typeof id === "string" && others.length === 0) return id;
  throw new SopsError(
    "credentials",
    `the caller has ${projects.length === 0 ? "no project" : `${projects.length} projects`} in the region ${region}. Set HUAWEICLOUD_SDK_PROJECT_ID, or \`projectId\` of the credentials.`,
  );
}
