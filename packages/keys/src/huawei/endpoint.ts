/** Regions that have an IAM of their own (huaweicloud-sdk-go-v3, `core/auth/internal/iam_endpoint.go`). */
const iamRegions: readonly string[] = [
  ...["ae-ad-1", "af-south-1", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "cn-east-2"],
  ...["cn-east-3", "cn-east-4", "cn-east-5", "cn-north-1", "cn-north-12", "cn-north-2", "cn-north-4", "cn-north-9"],
  ...["cn-south-1", "cn-south-2", "cn-southwest-2", "eu-west-0", "la-north-2", "la-south-2", "me-east-1"],
  ...["my-kualalumpur-1", "na-mexico-1", "ru-moscow-1", "sa-brazil-1", "tr-west-1"],
];

/** The endpoint that HuaweiCloud has for a service in a region. */
export function standardEndpoint(service: "kms" | "iam", region: string): string {
  if (service === "iam") {
    return iamRegions.includes(region) ? `https://iam.${region}.myhuaweicloud.com` : "https://iam.myhuaweicloud.com";
  }
  // The sovereign cloud of Europe (huaweicloud-sdk-go-v3, `services/kms/v2/region`).
  return `https://kms.${region}.myhuaweicloud.${region === "eu-west-101" ? "eu" : "com"}`;
}
