export { xml as store } from "@isosops/formats/xml";
