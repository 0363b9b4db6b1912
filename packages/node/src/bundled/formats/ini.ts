export { ini as store } from "@isosops/formats/ini";
