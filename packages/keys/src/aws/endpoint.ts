/** A service of AWS, by the name in its host names. */
export type AwsService = "kms" | "s3" | "sts" | "portal.sso" | "oidc";

/** Variants of the host of a service. */
export interface EndpointVariant {
  /** Use the host with FIPS 140 validated cryptography. */
  readonly fips?: boolean | undefined;
  /** Use the host that is also reachable by IPv6. */
  readonly dualStack?: boolean | undefined;
}

/** The suffixes of host names, by partition (aws-sdk-go-v2, `internal/endpoints/awsrulesfn/partitions.json`). */
const suffixes: Readonly<Record<string, readonly [plain: string, dualStack: string]>> = {
  aws: ["amazonaws.com", "api.aws"],
  "aws-cn": ["amazonaws.com.cn", "api.amazonwebservices.com.cn"],
  "aws-us-gov": ["amazonaws.com", "api.aws"],
  "aws-eusc": ["amazonaws.eu", "api.amazonwebservices.eu"],
  "aws-iso": ["c2s.ic.gov", "api.aws.ic.gov"],
  "aws-iso-b": ["sc2s.sgov.gov", "api.aws.scloud"],
  "aws-iso-e": ["cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"],
  "aws-iso-f": ["csp.hci.ic.gov", "api.aws.hci.ic.gov"],
};

/** The standard endpoint of a service in a region. */
export function standardEndpoint(
  service: AwsService,
  { partition, region }: { partition: string; region: string },
  { fips = false, dualStack = false }: EndpointVariant = {},
): string {
  const [plain, other] = suffixes[partition] ?? suffixes.aws!;
  return `https://${service}${fips ? "-fips" : ""}.${region}.${dualStack ? other : plain}`;
}
