export { yaml as store } from "@isosops/formats/yaml";
