export { gcpKmsSource as source } from "@isosops/keys/gcp";
