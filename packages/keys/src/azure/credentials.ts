/** An access token of Microsoft Entra ID, by which Azure Key Vault is asked. */
export interface AzureCredentials {
  /** For the resource of the vault. */
  readonly accessToken: string;
  /** When it ends; undefined if that is not known. */
  readonly expiration?: Date | undefined;
  /** Where it is from, for messages: `the Azure CLI`. */
  readonly source?: string | undefined;
}

/** What credentials are asked for. */
export interface AzureCredentialsRequest {
  /** `https://vault.azure.net`. */
  readonly resource: string;
  /** The same as a scope: `https://vault.azure.net/.default`. */
  readonly scope: string;
  /** The tenant that the vault takes tokens of; undefined until the vault has refused a token and named it. */
  readonly tenantId: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds credentials. With `@azure/identity` and `const identity = new DefaultAzureCredential()`:
 * `async ({ scope, tenantId }) => ({ accessToken: (await identity.getToken(scope, { tenantId })).token })`.
 */
export type AzureCredentialsFunction = (
  request: AzureCredentialsRequest,
) => AzureCredentials | Promise<AzureCredentials>;
