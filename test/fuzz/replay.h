/*
 * The end of every fuzz target.  libFuzzer brings a main of its own; with
 * FUZZ_REPLAY the target is a program that is given files, such as its corpus.
 */
#ifndef TEST_FUZZ_REPLAY_H
#define TEST_FUZZ_REPLAY_H

#ifdef FUZZ_REPLAY
#define REPLAY_BYTES (1 << 20)

int
main(int argc, char **argv)
{
	static uint8_t data[REPLAY_BYTES];

	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");
		if (file == NULL)
			return 1;
		(void)LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof(data), file));
		(void)fclose(file);
	}
	return 0;
}
#endif

#endif
