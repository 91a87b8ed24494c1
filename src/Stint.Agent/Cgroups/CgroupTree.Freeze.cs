using Stint.Agent.Kernel;

namespace Stint.Agent.Cgroups;

// Suspension is on the step's own group: a frozen parent would keep a step's processes from dying when they are killed.
internal sealed partial class CgroupTree
{
    public void Freeze(StepGroup group, bool frozen)
    {
        var (file, value) = _layout.Version == CgroupVersion.V2
            ? ($"{_layout.Hierarchies[0].Mount}/{group.Path}/cgroup.freeze", frozen ? "1" : "0")
            : (_layout.File("freezer", group.Path, "freezer.state"), frozen ? "FROZEN" : "THAWED");
        if (file is null)
        {
            // No freezer on this kernel: what slurmd does. A process may continue itself, and then it runs without its CPUs being counted.
            SignalAll(group, frozen ? Native.SigStop : Native.SigCont);
            return;
        }
        var errno = _files.Write(file, value);
        if (errno != 0) throw new CgroupException($"cannot write {value} to {file}: {Errno.Describe(errno)}", file, errno);
    }
}
