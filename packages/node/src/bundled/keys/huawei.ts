export { huaweiKmsSource as source } from "@isosops/keys/huawei";
