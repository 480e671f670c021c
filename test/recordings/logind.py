#!/usr/bin/python3
"""What a kubelet needs of systemd-logind to notice a shutdown: the longest delay there may be, and an inhibitor lock.

It runs on the bus that DBUS_SYSTEM_BUS_ADDRESS names. The shutdown itself is a signal that anybody may send:
    dbus-send --bus=$DBUS_SYSTEM_BUS_ADDRESS --type=signal /org/freedesktop/login1 org.freedesktop.login1.Manager.PrepareForShutdown boolean:true
"""
import os

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

MANAGER = 'org.freedesktop.login1.Manager'


class Logind(dbus.service.Object):
    @dbus.service.method(dbus.PROPERTIES_IFACE, in_signature='ss', out_signature='v')
    def Get(self, interface, name):
        if (interface, name) != (MANAGER, 'InhibitDelayMaxUSec'):
            raise dbus.DBusException(f'no property {interface}.{name}', name='org.freedesktop.DBus.Error.UnknownProperty')
        return dbus.UInt64(600_000_000)

    @dbus.service.method(MANAGER, in_signature='ssss', out_signature='h')
    def Inhibit(self, what, who, why, mode):
        kept, given = os.pipe()
        print(f'{who} asks to {mode} {what}: {why}', flush=True)
        GLib.io_add_watch(kept, GLib.IO_HUP, lambda *_: print(f'{who} lets go of {what}', flush=True))
        lock = dbus.types.UnixFd(given)
        os.close(given)
        return lock


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()
name = dbus.service.BusName('org.freedesktop.login1', bus)
Logind(bus, '/org/freedesktop/login1')
print('logind', flush=True)
GLib.MainLoop().run()
