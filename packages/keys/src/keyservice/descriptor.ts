/** The messages of the key service for Protocol Buffers (sops: keyservice/keyservice.proto). */
import { create, createFileRegistry, type DescService } from "@bufbuild/protobuf";
import {
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";

interface Field {
  readonly name: string;
  readonly type: Type;
  readonly typeName?: string;
  readonly label?: Label;
  readonly oneofIndex?: number;
}

/** Fields have the numbers 1, 2, ... in their order. */
function message(name: string, fields: readonly Field[], more: object = {}) {
  const numbered = fields.map((field, index) => ({ label: Label.OPTIONAL, ...field, number: index + 1 }));
  return { name, field: numbered, ...more };
}

const text = (name: string): Field => ({ name, type: Type.STRING });
const bytes = (name: string): Field => ({ name, type: Type.BYTES });
const part = (name: string, typeName: string): Field => ({ name, type: Type.MESSAGE, typeName: `.${typeName}` });

const keyTypes = [
  part("kms_key", "KmsKey"),
  part("pgp_key", "PgpKey"),
  part("gcp_kms_key", "GcpKmsKey"),
  part("azure_keyvault_key", "AzureKeyVaultKey"),
  part("vault_key", "VaultKey"),
  part("age_key", "AgeKey"),
  part("hckms_key", "HckmsKey"),
];

/** `KeyService`, which is in no package. */
export function describeKeyService(): DescService {
  const file = create(FileDescriptorProtoSchema, {
    name: "keyservice/keyservice.proto",
    syntax: "proto3",
    messageType: [
      message(
        "Key",
        keyTypes.map((field) => ({ ...field, oneofIndex: 0 })),
        { oneofDecl: [{ name: "key_type" }] },
      ),
      message("PgpKey", [text("fingerprint")]),
      message(
        "KmsKey",
        [
          text("arn"),
          text("role"),
          { ...part("context", "KmsKey.ContextEntry"), label: Label.REPEATED },
          text("aws_profile"),
        ],
        { nestedType: [message("ContextEntry", [text("key"), text("value")], { options: { mapEntry: true } })] },
      ),
      message("GcpKmsKey", [text("resource_id")]),
      message("VaultKey", [text("vault_address"), text("engine_path"), text("key_name")]),
      message("AzureKeyVaultKey", [text("vault_url"), text("name"), text("version")]),
      message("AgeKey", [text("recipient")]),
      message("HckmsKey", [text("key_id")]),
      message("EncryptRequest", [part("key", "Key"), bytes("plaintext")]),
      message("EncryptResponse", [bytes("ciphertext")]),
      message("DecryptRequest", [part("key", "Key"), bytes("ciphertext")]),
      message("DecryptResponse", [bytes("plaintext")]),
    ],
    service: [
      {
        name: "KeyService",
        method: [
          { name: "Encrypt", inputType: ".EncryptRequest", outputType: ".EncryptResponse" },
          { name: "Decrypt", inputType: ".DecryptRequest", outputType: ".DecryptResponse" },
        ],
      },
    ],
  });
  return createFileRegistry(file, () => undefined).getService("KeyService")!;
}
