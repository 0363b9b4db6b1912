export { toml as store } from "@isosops/formats/toml";
