/*
 * A member as a Patient and a device as a Device (FHIR R4), out only.
 *
 * An empty text is left out.  A Device follows the HL7 CGM guide 1.0.0's profile
 * cgm-device: an identifier, a serial number and one user-friendly name.
 */
#ifndef SERVICE_MEASURE_FHIR_PARTY_H
#define SERVICE_MEASURE_FHIR_PARTY_H

#include "base/id.h"
#include "base/json.h"

#define FHIR_SERIAL_SYSTEM "urn:troth:serial"

struct fhir_patient {
	struct id id;
	uint64_t version;   /* from 1 */
	int64_t updated_us; /* 0: not known, left out */
	bool is_active;
	struct str name; /* as the member writes it */
	struct str email;
	struct str phone;
	struct str gender;     /* male, female, other, unknown; anything else is left out */
	struct str birth_date; /* "1980-02-29" */
};

enum fhir_device_status { FHIR_DEVICE_ACTIVE, FHIR_DEVICE_INACTIVE, FHIR_DEVICE_IN_ERROR };

struct fhir_device {
	struct id id;
	uint64_t version;
	int64_t updated_us;
	enum fhir_device_status status; /* revoked or transferred: inactive */
	struct str serial;              /* required */
	struct str manufacturer;
	struct str model; /* required: it is the name too */
	struct str firmware;
	struct id patient; /* whose it is; zero: nobody's */
};

void fhir_patient_write(struct json_out *out, const struct fhir_patient *patient);
void fhir_device_write(struct json_out *out, const struct fhir_device *device);

#endif
