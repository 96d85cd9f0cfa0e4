/*
 * Compiled in the guest: opens shared objects again and again, checks what they compute, closes them.
 *
 *   plugins TIMES OBJECT...
 *
 * Object number i holds a function "answer" which returns its argument times 3 plus i, plus the
 * number of times it was called since it was opened.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments) {
    int times = atoi(arguments[1]);
    for (int round = 0; round < times; round++) {
        for (int i = 2; i < count; i++) {
            void *object = dlopen(arguments[i], RTLD_NOW);
            if (object == NULL) {
                printf("dlopen: %s\n", dlerror());
                return 1;
            }
            int (*answer)(int) = (int (*)(int))dlsym(object, "answer");
            for (int call = 0; call < 20; call++) {
                int found = answer == NULL ? -1 : answer(round);
                if (found != 3 * round + (i - 2) + call) {
                    printf("%s: found %d in round %d, call %d\n", arguments[i], found, round, call);
                    return 1;
                }
            }
            dlclose(object);
        }
    }
    return 0;
}
