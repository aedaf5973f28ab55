#include "service/measure/fhir_party.h"

#include "base/clock.h"
#include "service/measure/fhir_observation.h"
#include "service/measure/fhir_shape.h"

static void
head_write(struct json_out *out, const char *type, struct id id, uint64_t version,
           int64_t updated_us)
{
	char text[ID_TEXT_LEN + 1];
	char number[24];

	json_text_at(out, "resourceType", str_from_c(type));
	id_format(id, text);
	json_text_at(out, "id", str_from_c(text));
	json_name(out, "meta");
	json_object_begin(out);
	(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)version);
	json_text_at(out, "versionId", str_from_c(number));
	if (updated_us != 0)
		json_time_at(out, "lastUpdated", updated_us);
}

static void
optional_at(struct json_out *out, const char *name, struct str text)
{
	if (text.len != 0)
		json_text_at(out, name, text);
}

static void
contact_write(struct json_out *out, const char *system, struct str value)
{
	if (value.len == 0)
		return;
	json_object_begin(out);
	json_text_at(out, "system", str_from_c(system));
	json_text_at(out, "value", value);
	json_object_close(out);
}

void
fhir_patient_write(struct json_out *out, const struct fhir_patient *patient)
{
	json_object_begin(out);
	head_write(out, "Patient", patient->id, patient->version, patient->updated_us);
	json_object_close(out); /* meta */
	json_bool_at(out, "active", patient->is_active);
	if (patient->name.len != 0) {
		json_name(out, "name");
		json_array_begin(out);
		json_object_begin(out);
		json_text_at(out, "text", patient->name);
		json_object_close(out);
		json_array_close(out);
	}
	if (patient->email.len != 0 || patient->phone.len != 0) {
		json_name(out, "telecom");
		json_array_begin(out);
		contact_write(out, "email", patient->email);
		contact_write(out, "phone", patient->phone);
		json_array_close(out);
	}
	if (fhir_word_in("male female other unknown", patient->gender))
		json_text_at(out, "gender", patient->gender);
	optional_at(out, "birthDate", patient->birth_date);
	json_object_close(out);
}

void
fhir_device_write(struct json_out *out, const struct fhir_device *device)
{
	static const char *const statuses[] = {
		[FHIR_DEVICE_ACTIVE] = "active",
		[FHIR_DEVICE_INACTIVE] = "inactive",
		[FHIR_DEVICE_IN_ERROR] = "entered-in-error",
	};
	char text[64];

	json_object_begin(out);
	head_write(out, "Device", device->id, device->version, device->updated_us);
	json_name(out, "profile");
	json_put_raw(out, STR("[\"" FHIR_CGM "/StructureDefinition/cgm-device\"]"));
	json_object_close(out); /* meta */
	json_name(out, "identifier");
	json_array_begin(out);
	json_object_begin(out);
	json_text_at(out, "system", STR(FHIR_SERIAL_SYSTEM));
	json_text_at(out, "value", device->serial);
	json_object_close(out);
	json_array_close(out);
	json_text_at(out, "status", str_from_c(statuses[device->status]));
	optional_at(out, "manufacturer", device->manufacturer);
	json_text_at(out, "serialNumber", device->serial);
	json_name(out, "deviceName");
	json_array_begin(out);
	json_object_begin(out);
	json_text_at(out, "name", device->model);
	json_text_at(out, "type", STR("user-friendly-name"));
	json_object_close(out);
	json_array_close(out);
	json_text_at(out, "modelNumber", device->model);
	if (device->firmware.len != 0) {
		json_name(out, "version");
		json_array_begin(out);
		json_object_begin(out);
		json_name(out, "type");
		json_put_raw(out, STR("{\"text\":\"firmware\"}"));
		json_text_at(out, "value", device->firmware);
		json_object_close(out);
		json_array_close(out);
	}
	if (!id_is_zero(device->patient)) {
		json_name(out, "patient");
		json_object_begin(out);
		json_text_at(out, "reference",
		             fhir_reference_format("Patient", device->patient, text));
		json_object_close(out);
	}
	json_object_close(out);
}
