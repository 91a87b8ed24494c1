using Stint.Core.Journal;
using Stint.Protocol.Agents;

namespace Stint.Server.Agents;

/// <summary>What an agent says of its node → what the journal keeps of it. Device files stay with the agent: only it opens them.</summary>
internal static class HardwareReports
{
    private const int KindsMax = 256, UnitsMax = 4_096, TextMax = 256;

    public static Hardware ToJournal(HardwareReport? told)
    {
        if (told is null) return new Hardware();
        var hardware = new Hardware
        {
            Cpus = told.Cpus, Sockets = told.Sockets, CoresPerSocket = told.CoresPerSocket, ThreadsPerCore = told.ThreadsPerCore,
            MemoryBytes = told.MemoryBytes, Declared = told.Declared, Gpus = told.Gpus, DiskBytes = told.DiskBytes,
        };
        hardware.NumaOfCpu.AddRange(told.NumaOfCpu);
        var seen = new HashSet<(string, string)>();
        for (var i = 0; i < told.Gres.Count && i < KindsMax; i++)
        {
            // (name, type) is unique in a report; a second one would be a node counted twice.
            if (told.Gres[i].Name.Length > 0 && seen.Add((told.Gres[i].Name, told.Gres[i].Type))) hardware.Gres.Add(Kind(told.Gres[i]));
        }
        return hardware;
    }

    private static Gres Kind(GresReport told)
    {
        var gres = new Gres { Name = Short(told.Name), Type = Short(told.Type), Count = told.Count, Vendor = Short(told.Vendor) };
        for (var i = 0; i < told.Units.Count && i < UnitsMax; i++)
        {
            var unit = told.Units[i];
            gres.Units.Add(new Core.Journal.GresUnit
            {
                Index = unit.Index, Uuid = Short(unit.Uuid), NearCpus = unit.NearCpus, Numa = unit.Numa, MemoryBytes = unit.MemoryBytes, Parent = Short(unit.Parent),
            });
        }
        if (gres.Units.Count > 0) gres.Count = (uint)gres.Units.Count;
        return gres;
    }

    private static string Short(string text) => text.Length <= TextMax ? text : text[..TextMax];
}
