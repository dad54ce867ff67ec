// The groups of functions that the addon exports, each defined in the file named beside it.
#pragma once

#include "calls/call.h"

namespace asyncore {

void ExportConstants(Exports& exports);        // constants.cc
void ExportDescriptorCalls(Exports& exports);  // descriptor_calls.cc
void ExportFileCalls(Exports& exports);        // file_calls.cc
void ExportSocketCalls(Exports& exports);      // socket_calls.cc
void ExportTransferCalls(Exports& exports);    // transfer_calls.cc
void ExportPollSetCalls(Exports& exports);     // poll_set_calls.cc
void ExportTurnCalls(Exports& exports);        // turn_calls.cc
void ExportScanCalls(Exports& exports);        // scan_calls.cc
void ExportTerminalCalls(Exports& exports);    // terminal_calls.cc
void ExportLinuxCalls(Exports& exports);       // linux_calls.cc
void ExportSignalFdCalls(Exports& exports);    // signal_fd_calls.cc

}  // namespace asyncore
