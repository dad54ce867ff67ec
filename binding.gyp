{
  "variables": { "bench%": 0 },
  "includes": ["bench/bench.gypi"],
  "targets": [
    {
      "target_name": "asyncore",
      "sources": [
        "native/descriptors/address.cc",
        "native/calls/address_call.cc",
        "native/addon.cc",
        "native/calls/call.cc",
        "native/reactor/clock.cc",
        "native/calls/constants.cc",
        "native/descriptors/descriptor.cc",
        "native/calls/descriptor_calls.cc",
        "native/environment.cc",
        "native/descriptors/open.cc",
        "native/reactor/parking.cc",
        "native/reactor/poll.cc",
        "native/reactor/poll_set.cc",
        "native/calls/poll_set_calls.cc",
        "native/calls/scan_calls.cc",
        "native/reactor/select.cc",
        "native/calls/socket_calls.cc",
        "native/calls/transfer_calls.cc",
        "native/reactor/turn.cc",
        "native/reactor/uv_turn.cc",
        "native/reactor/waiter.cc"
      ],
      "include_dirs": ["native"],
      "dependencies": [
        "<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except"
      ],
      "defines": [
        "NAPI_VERSION=8",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"
      ],
      "cflags": ["-Wall", "-Wextra", "-fvisibility=hidden", "-fstack-protector-strong"],
      "cflags_cc": ["-std=c++17"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-rtti"],
      "ldflags": ["-Wl,-z,relro,-z,now"],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "MACOSX_DEPLOYMENT_TARGET": "11.0"
      }
    }
  ]
}
