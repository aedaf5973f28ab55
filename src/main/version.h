#ifndef MAIN_VERSION_H
#define MAIN_VERSION_H

#define TROTH_VERSION "0.1.0"

#endif
