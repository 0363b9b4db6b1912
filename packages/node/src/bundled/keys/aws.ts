export { awsKmsSource as source } from "@isosops/keys/aws";
