import { expect, test } from "vitest";
import { standardEndpoint } from "./endpoint.js";

// https://docs.aws.amazon.com/general/latest/gr/kms.html, and partitions.json of the AWS SDK for Go.
test.each([
  ["aws", "eu-west-1", {}, "https://kms.eu-west-1.amazonaws.com"],
  ["aws", "us-east-1", { fips: true }, "https://kms-fips.us-east-1.amazonaws.com"],
  ["aws", "us-east-1", { dualStack: true }, "https://kms.us-east-1.api.aws"],
  ["aws-cn", "cn-north-1", {}, "https://kms.cn-north-1.amazonaws.com.cn"],
  ["aws-us-gov", "us-gov-west-1", { fips: true }, "https://kms-fips.us-gov-west-1.amazonaws.com"],
  ["aws-iso", "us-iso-east-1", {}, "https://kms.us-iso-east-1.c2s.ic.gov"],
])("%s in %s, %o", (partition, region, variant, endpoint) => {
  expect(standardEndpoint("kms", { partition, region }, variant)).toBe(endpoint);
});
