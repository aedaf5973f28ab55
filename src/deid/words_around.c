/*
 * Words that stand around what identifies: titles, streets, hospitals, labels.
 * Lower case, without accents, one space between.  Written for this program.
 */
#include "deid/words.h"

const char words_title[] =
    "dr mr mrs ms miss mme mlle prof professor docteur doctor monsieur madame mademoiselle pr "
    "maitre rev reverend sir dame mister messrs mm mrn.";

const char words_street[] =
    "street avenue road boulevard lane drive court circle place square terrace highway parkway "
    "trail crescent alley rue chemin impasse allee quai route faubourg via rua calle strasse";

const char words_hospital[] =
    "hospital clinic infirmary hospice medical center centre health healthcare hopital "
    "clinique "
    "chu chru chr polyclinique ehpad dispensaire institute institut university universite "
    "nursing rehabilitation maternity maternite laboratoire laboratory";

const char words_firm[] =
    "inc llc ltd plc corp corporation company gmbh sa sarl sas incorporated group limited "
    "associates partners holdings sons";

const char words_particle[] =
    "de du des la le van von der den ter ten da dos do del della di bin ibn ben al el d y e zu "
    "st saint";

const char words_eponym_noun[] =
    "disease diseases syndrome sign signs catheter catheters test testing scale score stage "
    "staging criteria classification fracture fractures maneuver manoeuvre tube tubes reflex "
    "palsy paralysis lymphoma sarcoma tumor tumour tetralogy phenomenon esophagus oesophagus "
    "procedure operation monitor drain line clamp forceps retractor stain staining agar index "
    "murmur breathing contractions contraction position incision anemia anaemia chorea ataxia "
    "dementia thyroiditis ulcer ulcers node nodes nodules body bodies cell cells duct cyst "
    "nevus kyphosis hernia diverticulum point triangle pouch law equation formula curve grade "
    "lactate solution bandage splint collar cast suture needle clearance respiration sinus "
    "maladie syndromes signe score echelle sonde test tests fracture manoeuvre critere "
    "criteres "
    "classification lymphome paralysie tetralogie epreuve stade indice anemie drain triade";

const char words_label[] =
    "name patient nom prenom surname attending physician provider surgeon author dictated "
    "signed cc contact guardian spouse next kin mother father medecin chirurgien signataire "
    "redacteur interne client resident referring pcp radiologist pathologist user employee "
    "proche epouse epoux mere pere anesthesiologist cosigned verified by";

const char words_before_place[] =
    "in from to at near a au visiting visited leaving toward towards via of dans vers depuis "
    "city town village ville commune hometown";

const char words_before_person[] =
    "son daughter wife husband brother sister mother father uncle aunt cousin friend neighbor "
    "partner by says said with and named called nurse epouse mari fils fille frere soeur mere "
    "pere ami amie par avec infirmier infirmiere nomme nommee appele caregiver roommate "
    "therapist resident colleague confrere hi hello dear bonjour cher chere";

const char words_after_person[] =
    "said says told reports reported states stated denies lives lived called calls shouted "
    "asked was is has had will came went works worked listed wrote explained complains "
    "presents "
    "presented arrived dit habite vit rapporte signale decrit refuse travaille est a presente";

const char words_dose[] =
    "mg mcg g kg ml l ui iu units unit mmol meq mmhg tablet tablets tab tabs capsule capsules "
    "cp comprime comprimes gelule gelules drops gouttes puffs bouffees daily bid tid qid qd "
    "qhs "
    "prn po iv im sc sl twice once mm cm mcl ug µg percent";
