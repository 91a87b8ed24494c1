using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>The machine this agent runs on.</summary>
internal sealed class LinuxNode : INode, ISpool, IShepherds, IDisposable
{
    const int WorkThreads = 8, WorkThreadsWithHooks = 32;      // a prolog that takes minutes holds one
    readonly StepHostOptions _options;
    readonly Reactor _reactor;
    readonly WorkQueue _queue;
    readonly UserAccounts _accounts;
    readonly SpareDirectories _spares;

    /// <param name="onFault">Told of what should not have happened. From any thread.</param>
    public LinuxNode(StepHostOptions options, TimeProvider time, Action<Exception> onFault)
    {
        StepDirectory.MakeSpool(options.Spool);
        (_options, _accounts, _spares) = (options, new UserAccounts(time), new SpareDirectories(options.Spool));
        _reactor = new Reactor("stint-steps", onFault);
        _queue = new WorkQueue("stint-step-work", options.Hooks is null ? WorkThreads : WorkThreadsWithHooks, onFault);
    }

    public IReactor Reactor => _reactor;
    public IWorkQueue Queue => _queue;
    public ISpool Spool => this;
    public IShepherds Shepherds => this;

    public UserAccount Account(uint uid, uint gid) => _accounts.Find(uid, gid);

    public IEnumerable<IStepDirectory> All() => StepDirectory.All(_options.Spool);
    public IStepDirectory Create(LaunchSpec spec, ref int lockFd) => StepDirectory.Create(_options.Spool, spec, _spares, ref lockFd);
    public void Discard(IStepDirectory directory) => Directory.Delete(directory.Path, recursive: true);
    public void Unlock(int lockFd) => Posix.Close(lockFd);

    public void Remove(IStepDirectory directory, bool reusable)
    {
        try
        {
            ((StepDirectory)directory).Remove(reusable ? _spares : null);
        }
        catch (DirectoryNotFoundException)
        {
        }
    }

    public IShepherd Start(StepId id, ShepherdRequest request, int lockFd) => ShepherdProcess.Start(_options.Shepherd, id, request, lockFd);
    public IShepherd? Connect(IStepDirectory directory) => ShepherdProcess.Connect(directory);
    public bool TryReap(int pid) => ShepherdProcess.TryReap(pid);

    /// <summary>What is under way ends, nothing new is begun.</summary>
    public void Dispose()
    {
        _queue.Dispose();
        _reactor.Dispose();
    }
}
