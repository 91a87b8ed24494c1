// A small libnvidia-ml.so for tests: one whole H100, one A100 that is cut into two slices, one GPU that is lost. It imitates the signatures and
// structures of the NVML API reference and proves nothing about a driver.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { OK = 0, NOT_FOUND = 6, INSUFFICIENT = 7, LOST = 15 };
typedef struct { const char *name, *uuid, *pci; unsigned minor, mig, gi, ci; unsigned long long memory; } device;
typedef struct { char legacy[16]; unsigned domain, bus, device, id, subsystem; char bus_id[32]; } pci_info;

static device whole[] = {
    { "NVIDIA H100 80GB HBM3", "GPU-aaaaaaaa-0000-0000-0000-000000000000", "00000000:3B:00.0", 1, 0, 0, 0, 85520809984ull },
    { "NVIDIA A100-SXM4-40GB", "GPU-bbbbbbbb-0000-0000-0000-000000000000", "00000000:AF:00.0", 0, 1, 0, 0, 42949672960ull },
};
static device slices[] = {
    { "NVIDIA A100-SXM4-40GB MIG 3g.20gb", "MIG-11111111-0000-0000-0000-000000000000", "", 0, 0, 1, 0, 20937965568ull },
    { "NVIDIA A100-SXM4-40GB MIG 1g.5gb", "MIG-22222222-0000-0000-0000-000000000000", "", 0, 0, 7, 0, 5100273664ull },
};

int nvmlInit_v2(void) { return OK; }
int nvmlShutdown(void) { return OK; }
const char *nvmlErrorString(int code) { return code == LOST ? "GPU is lost" : "Unknown Error"; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 3; return OK; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, device **handle) { if (index >= 2) return LOST; *handle = &whole[index]; return OK; }
static int text(const char *from, char *to, unsigned size) { if (strlen(from) >= size) return INSUFFICIENT; strcpy(to, from); return OK; }
int nvmlDeviceGetName(device *d, char *name, unsigned size) { return text(d->name, name, size); }
int nvmlDeviceGetUUID(device *d, char *uuid, unsigned size) { return text(d->uuid, uuid, size); }
int nvmlDeviceGetMinorNumber(device *d, unsigned *minor) { *minor = d->minor; return OK; }
int nvmlDeviceGetMemoryInfo(device *d, unsigned long long *memory) { memory[0] = d->memory; memory[1] = memory[0]; memory[2] = 0; return OK; }
int nvmlDeviceGetPciInfo_v3(device *d, pci_info *info) { memset(info, 0, sizeof *info); return text(d->pci, info->bus_id, sizeof info->bus_id); }
int nvmlDeviceGetMigMode(device *d, unsigned *current, unsigned *pending) { *current = *pending = d->mig; return OK; }
int nvmlDeviceGetMaxMigDeviceCount(device *d, unsigned *count) { *count = d->mig ? 7 : 0; return OK; }
int nvmlDeviceGetMigDeviceHandleByIndex(device *d, unsigned index, device **slice)
{
    if (!d->mig || (index != 0 && index != 3)) return NOT_FOUND;
    *slice = &slices[index ? 1 : 0];
    return OK;
}
int nvmlDeviceGetGpuInstanceId(device *d, unsigned *id) { *id = d->gi; return OK; }
int nvmlDeviceGetComputeInstanceId(device *d, unsigned *id) { *id = d->ci; return OK; }

// A joule more with each millisecond.
int nvmlDeviceGetTotalEnergyConsumption(device *d, unsigned long long *millijoules)
{
    struct timespec now;
    if (d->gi) return 3;
    clock_gettime(CLOCK_MONOTONIC, &now);
    *millijoules = now.tv_sec * 1000000ull + now.tv_nsec / 1000;
    return OK;
}

// What a file beside this library says: "lost", "hang", or nothing.
int nvmlDeviceGetHandleByUUID(const char *uuid, device **handle)
{
    char path[512], state[16] = "";
    Dl_info own;
    if (dladdr((void *)nvmlDeviceGetHandleByUUID, &own) && snprintf(path, sizeof path, "%s.state", own.dli_fname) < (int)sizeof path) {
        FILE *file = fopen(path, "r");
        if (file) { if (!fgets(state, sizeof state, file)) state[0] = 0; fclose(file); }
    }
    if (!strcmp(state, "lost")) return LOST;
    while (!strcmp(state, "hang")) sleep(1);
    for (unsigned i = 0; i < 4; i++) {
        device *d = i < 2 ? &whole[i] : &slices[i - 2];
        if (!strcmp(d->uuid, uuid)) { *handle = d; return OK; }
    }
    return NOT_FOUND;
}
