using Google.Protobuf;
using Stint.Core.Journal;

namespace Stint.Core.Resources;

/// <summary>The part of a job's spec that decides where it fits: equal shapes fit alike, whoever asks and whenever.</summary>
internal static class RequestShape
{
    /// <summary>The identity of a request. Jobs that differ in nothing else share one <see cref="Request"/>.</summary>
    public static ByteString KeyOf(JobSpec spec)
    {
        var shape = new JobSpec
        {
            NodesMin = spec.NodesMin, NodesMax = spec.NodesMax, Tasks = spec.Tasks, CpusPerTask = spec.CpusPerTask, TasksPerNode = spec.TasksPerNode,
            Exclusive = spec.Exclusive, NodeList = spec.NodeList, ExcludeList = spec.ExcludeList,
            Constraint = spec.Constraint, Prefer = spec.Prefer, EnforceBinding = spec.EnforceBinding, DisableBinding = spec.DisableBinding,
            CpusPerGpu = spec.CpusPerGpu, TasksPerGpu = spec.TasksPerGpu, DiskBytes = spec.DiskBytes, ThreadsPerCore = spec.ThreadsPerCore,
            SocketsPerNode = spec.SocketsPerNode, CoresPerSocket = spec.CoresPerSocket,
            TasksPerCore = spec.TasksPerCore, TasksPerSocket = spec.TasksPerSocket, OneThreadPerTask = spec.OneThreadPerTask,
            Sharing = spec.Sharing, Contiguous = spec.Contiguous, Spread = spec.Spread, UseMinNodes = spec.UseMinNodes,
            SwitchesMax = spec.SwitchesMax, Segment = spec.Segment, CpusPerNodeMin = spec.CpusPerNodeMin, Distribution = spec.Distribution,
            LimitPolicy = spec.LimitPolicy,
        };
        if (spec.HasMemoryPerNodeBytes) shape.MemoryPerNodeBytes = spec.MemoryPerNodeBytes;
        if (spec.HasMemoryPerCpuBytes) shape.MemoryPerCpuBytes = spec.MemoryPerCpuBytes;
        if (spec.HasMemoryPerGpuBytes) shape.MemoryPerGpuBytes = spec.MemoryPerGpuBytes;
        if (spec.HasCoreSpec) shape.CoreSpec = spec.CoreSpec;
        if (spec.HasThreadSpec) shape.ThreadSpec = spec.ThreadSpec;
        if (spec.Sharing == NodeSharing.SharingUser) shape.Uid = spec.Uid;
        if (spec.Ranges is not null) shape.Ranges = spec.Ranges;
        shape.Gres.AddRange(spec.Gres);
        return shape.ToByteString();
    }
}
