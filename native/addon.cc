// The addon's export table: flat functions over handles, and the system's constants. There is no
// global state: what an environment owns belongs to that environment.
#include <napi.h>

#include "calls/exports.h"
#include "environment.h"

namespace {

Napi::Object Init(Napi::Env env, Napi::Object object) {
  auto* environment = asyncore::Environment::Create(env);
  asyncore::Exports exports(env, object, *environment);
  asyncore::ExportConstants(exports);
  asyncore::ExportDescriptorCalls(exports);
  asyncore::ExportFileCalls(exports);
  asyncore::ExportSocketCalls(exports);
  asyncore::ExportTransferCalls(exports);
  asyncore::ExportPollSetCalls(exports);
  asyncore::ExportTurnCalls(exports);
  asyncore::ExportScanCalls(exports);
  asyncore::ExportTerminalCalls(exports);
  asyncore::ExportLinuxCalls(exports);
  asyncore::ExportSignalFdCalls(exports);
  return object;
}

}  // namespace

NODE_API_MODULE(asyncore, Init)
